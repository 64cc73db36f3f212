"""Reading a plan: from the bytes of a file to a plan, or to one sentence that says where it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from diswot.batch.plan import BudgetPart, LatencyPart, Plan, SearchPart, TeacherPart
from diswot.errors import InputError, UnreadableData

ALLOWED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of fields to values",
}
"""What should have stood there, by the kind of pydantic's complaint."""


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        UnreadableData: the file is missing or not YAML.
        InputError: it is YAML, but no plan; says where, what, and what is allowed.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableData(f"plan {str(path)!r} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise UnreadableData(f"plan {str(path)!r} is not YAML: {_syntax(error)}") from None
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        raise InputError(_sentence(error)) from None


class _Loader(yaml.SafeLoader):
    """Refuses a field that is there twice, of which YAML would drop the first without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _syntax(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"{error.problem or error.context} in line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(error).split())


def _sentence(error: ValidationError) -> str:
    """The first complaint; an unknown field goes before a missing one, which may be the same misspelt."""
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    loc, kind, value = first["loc"], first["type"], first["input"]
    if kind in ("extra_forbidden", "missing"):
        place, names = _place(loc[:-1]), ", ".join(_model(loc[:-1]).model_fields)
        verb = "has no field" if kind == "extra_forbidden" else "lacks the field"
        return f"{place} {verb} {str(loc[-1])!r}; its fields: {names}"
    if kind in ("too_short", "too_long"):
        bound = first["ctx"].get("min_length", first["ctx"].get("max_length"))
        return f"{_place(loc)} must have at {'least' if kind == 'too_short' else 'most'} {bound} of them, not {value!r}"
    allowed = ALLOWED.get(kind, first["msg"].removeprefix("Input should be "))
    text = repr(value)
    return f"{_place(loc)} must be {allowed}, not {text if len(text) <= 60 else text[:57] + '...'}"


def _place(loc: Sequence[int | str]) -> str:
    """`teachers[0].name`, as people point at it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".") or "the plan"


def _model(loc: Sequence[int | str]) -> type[BaseModel]:
    """What a mapping at this place should be."""
    match list(loc):
        case ["teachers", _]:
            return TeacherPart
        case ["budgets", _]:
            return BudgetPart
        case ["budgets", _, "latency"]:
            return LatencyPart
        case ["search"]:
            return SearchPart
    return Plan
