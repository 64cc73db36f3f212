"""Reading a plan: from the bytes of a file to a plan, or to one sentence that says where it goes wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from diswot.batch.plan import QUANTITY, BudgetPart, LatencyPart, Plan, SearchPart, TeacherPart
from diswot.errors import InputError, UnreadableData

ALLOWED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of fields to values",
    QUANTITY: "a number, with or without a unit, such as 0.5M or 4ms",
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
    except yaml.constructor.ConstructorError as error:
        raise UnreadableData(f"plan {str(path)!r} cannot be read: {_syntax(error)}") from None
    except yaml.YAMLError as error:
        raise UnreadableData(f"plan {str(path)!r} is not YAML: {_syntax(error)}") from None
    except OSError as error:
        raise UnreadableData(f"plan {str(path)!r} cannot be read: {error.strerror}") from None
    except (RecursionError, ValueError) as error:  # Not UTF-8, a 13th month, brackets in brackets in brackets.
        raise UnreadableData(f"plan {str(path)!r} cannot be read: {error}") from None
    if content is None:
        raise InputError(f"plan {str(path)!r} is empty; its fields: {', '.join(Plan.model_fields)}")
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        raise InputError(_sentence(error)) from None


class _Loader(yaml.SafeLoader):
    """Refuses a field that is there twice, of which YAML would drop the first without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):  # Other keys are refused by what is called below.
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _syntax(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    problem = error.problem or ""
    if problem.startswith("but ") and error.context:
        problem = f"{error.context}, {problem}"
    return f"{problem} in line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"


def _sentence(error: ValidationError) -> str:
    """The first complaint; an unknown field goes before a missing one, which may be the same misspelt."""
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    loc, kind, value = first["loc"], first["type"], first["input"]
    if kind in ("extra_forbidden", "missing"):
        place, names = _place(loc[:-1]), ", ".join(_model(loc[:-1]).model_fields)
        verb = "has no field" if kind == "extra_forbidden" else "lacks the field"
        return f"{place} {verb} {str(loc[-1])!r}; its fields: {names}"
    if kind == "invalid_key" or "[key]" in loc:
        holder = loc[:-1] if kind == "invalid_key" else loc[:-2]
        return f"{_place(holder)} has the name {_said(value)}, which is no text; quote it"
    if kind in ("too_short", "too_long"):
        bound = first["ctx"].get("min_length", first["ctx"].get("max_length"))
        return f"{_place(loc)} must have at {'least' if kind == 'too_short' else 'most'} {bound} in it, not {value!r}"
    allowed = ALLOWED.get(kind, first["msg"].removeprefix("Input should be "))
    return f"{_place(loc)} must be {allowed}, not {_said(value)}"


def _said(value: object) -> str:
    """A value as the plan has it, if it is short."""
    text = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


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
