"""Pydantic models of specs, for what people and programs write: plans of batches, and bodies over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, create_model

from diswot.spec.option import Declared, declared

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Base of what somebody writes: no unknown fields, and nothing converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Typed = Callable[[Declared], Any]
"""The annotation of an option's field in a model."""


def model_of(
    kind: Any, base: type[Model], typed: Typed, *, without: tuple[str, ...] = (), path: str = ""
) -> type[Model]:
    """The model of a kind of spec, with the defaults of the spec; what is left out of a value stays out of its dump.

    Args:
        kind: of the spec.
        base: of the model and of those inside it.
        typed: how the fields of options are annotated.
        without: fields to leave out, as `"teacher.weights"`.
        path: of `kind` in the spec that it is part of, with a dot behind it.
    """
    options = {one.path[0]: one for one in declared(kind) if len(one.path) == 1}
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for field in fields(kind):
        place = path + field.name
        if place in without:
            continue
        if field.name in options:
            found[field.name] = _field(options[field.name], typed(options[field.name]))
        elif is_dataclass(hints[field.name]):
            inner = model_of(hints[field.name], base, typed, without=without, path=f"{place}.")
            needed = any(one.is_required() for one in inner.model_fields.values())
            found[field.name] = (inner, ... if needed else Field(default_factory=inner))
    name = f"{kind.__name__}{base.__name__}"
    return create_model(name, __base__=base, __doc__=kind.__doc__.partition("\n")[0], **found)


def _field(one: Declared, annotation: Any) -> tuple[Any, Any]:
    if one.default is MISSING:
        return annotation, Field(description=one.option.help)
    default = list(one.default) if isinstance(one.default, tuple) else one.default
    text = f"{one.option.help} Default: {one.option.default}." if one.option.default else one.option.help
    return (annotation if default is not None else annotation | None), Field(default=default, description=text)


def number(one: Declared, most: Mapping[str, int] | None = None) -> Any:
    """The annotation of an option by its type and limits.

    Args:
        one: the option.
        most: limits that are stricter, by the names of options.
    """
    option, highest = one.option, (most or {}).get(one.name, one.option.maximum)
    if one.type in (str, Path):
        return str
    if one.type is bool:
        return bool
    kind: Any = int if one.type is tuple else one.type
    limited: Any = Annotated[kind, Field(ge=option.minimum, gt=option.above, le=highest)]
    return Annotated[list[limited], Field(min_length=3, max_length=3)] if one.type is tuple else limited


def written(one: Declared) -> Any:
    """The annotation of an option that people write: a quantity may, and a latency must, have its unit."""
    quantity = one.option.quantity
    if quantity is None or one.type is tuple:
        return number(one)

    def read(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"must be a number, with or without a unit, such as {quantity.examples[0]}")
        return quantity.parse(str(value))

    schema = {"type": ["string", "number"], "examples": list(quantity.examples)}
    return Annotated[
        number(one), BeforeValidator(read), PlainSerializer(quantity.write, when_used="json"), WithJsonSchema(schema)
    ]
