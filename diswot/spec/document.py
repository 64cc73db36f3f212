"""Specs as JSON, and from it: the form that files, results and HTTP share.

Pydantic is imported when something is read or written: commands that do neither start without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from diswot.errors import InputError
from diswot.spec.option import Declared, declared

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Spec = TypeVar("Spec")


def to_json(spec: object) -> dict[str, Any]:
    """A spec as JSON values, one object inside the other."""
    kind: Any = type(spec)
    found: dict[str, Any] = _adapter(kind).dump_python(spec, mode="json")
    return found


def from_json(kind: type[Spec], value: object) -> Spec:
    """The spec that JSON values write.

    Raises:
        InputError: the first thing that is wrong, in one sentence.
    """
    from pydantic import ValidationError

    from diswot.spec.messages import sentence

    try:
        found: Spec = _adapter(cast("Any", kind)).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        cause = first.get("ctx", {}).get("error")
        said = cause if isinstance(cause, InputError) else InputError(sentence(first, kind, "the spec"))
        raise said from None
    return found


def from_flags(kind: type[Spec], given: Mapping[str, Any]) -> Spec:
    """The spec that options of the command line write; `None` where one was not given.

    Args:
        kind: of the spec.
        given: values by the names of the options, texts where these have units.

    Raises:
        InputError: one of them is wrong, or one that has no default is missing.
    """
    options = declared(kind)
    for one in options:
        if one.default is MISSING and given.get(one.name) is None:
            raise InputError(f"{one.flag} must be given: {one.option.help[0].lower()}{one.option.help[1:]}")
    return from_json(kind, nested(given, options))


def nested(given: Mapping[str, Any], options: Iterable[Declared]) -> dict[str, Any]:
    """What the command line was given of these options, as JSON values.

    Raises:
        InputError: one of them is wrong.
    """
    found: dict[str, Any] = {}
    for one in options:
        value = given.get(one.name)
        if value is not None:
            place = found
            for name in one.path[:-1]:
                place = place.setdefault(name, {})
            place[one.path[-1]] = one.read(value)
    return found


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
