"""Errors of pydantic as sentences: where, what, the value, what is allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from diswot.errors import InputError

Where = Sequence[int | str]

ALLOWED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of fields to values",
    "model_attributes_type": "a mapping of fields to values",
    "dataclass_type": "a mapping of fields to values",
}
"""What should have stood there, by the kind of pydantic's complaint."""
LIMITS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
}
LENGTHS = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}
UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
MISSING = ("missing", "missing_argument")
RENAMED = {
    "search_space": "space",
    "budgets": "constraints",
    "budget": "constraints",
    "classes": "num_classes",
    "input": "in_shape",
    "probe_size": "probe.size",
    "dtype": "probe.dtype",
    "seeds": "student_inits",
    "initialisations": "teacher_inits",
    "against": "pareto_cost",
    "beyond": "relaxation",
    "plateau": "patience",
    "seconds": "max_seconds",
}
"""Fields by the names that they had in version 0.1."""


def sentence(error: Mapping[str, Any], root: Any, what: str) -> str:
    """One error in words.

    Args:
        error: as pydantic has it.
        root: the model or the dataclass of the whole.
        what: the whole in words, such as `"the plan"`.
    """
    loc, kind, value = error["loc"], error["type"], error["input"]
    limits: Mapping[str, Any] = error.get("ctx", {})
    if isinstance(limits.get("error"), InputError):
        return f"{place(loc)}: {limits['error']}" if loc else str(limits["error"])
    if kind in UNKNOWN:
        return f"{place(loc[:-1]) or what} has no field {str(loc[-1])!r}; {_fields(root, loc)}"
    if kind in MISSING:
        return f"{place(loc[:-1]) or what} lacks the field {str(loc[-1])!r}; {_fields(root, loc)}"
    if kind == "invalid_key" or "[key]" in loc:
        holder = loc[:-1] if kind == "invalid_key" else loc[:-2]
        return f"{place(holder) or what} has the name {said(value)}, which is no text; quote it"
    name = place(loc) or what
    if kind in LIMITS:
        words, key = LIMITS[kind]
        return f"{name} must be {words} {limits[key]:,.15g}, not {value}"
    if kind == "string_too_long":
        return f"{name} must have at most {limits['max_length']} characters, not {len(value)}"
    if kind in LENGTHS:
        words, key = LENGTHS[kind]
        return f"{name} must have {words} {limits[key]} {'entry' if limits[key] == 1 else 'entries'}, not {len(value)}"
    if kind == "value_error":
        return f"{name} {limits['error']}, not {said(value)}"
    return f"{name} must be {ALLOWED.get(kind, error['msg'].removeprefix('Input should be '))}, not {said(value)}"


def place(loc: Where) -> str:
    """`teachers[0].name`, as people point at it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def said(value: object) -> str:
    """A value as its document has it, if it is short."""
    text = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fields(root: Any, loc: Where) -> str:
    """What there may be in the place of a field, and its new name if it has one."""
    names = _names(_kind_at(root, loc[:-1]))
    new = RENAMED.get(str(loc[-1]), "")
    hint = f"it is called {new} now; " if new.partition(".")[0] in names else ""
    return f"{hint}its fields: {', '.join(names)}"


def _names(kind: Any) -> list[str]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [field.alias or name for name, field in kind.model_fields.items()]
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []


def _kind_at(kind: Any, loc: Where) -> Any:
    """The model or dataclass at a place in another one."""
    for part in loc:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        elif is_dataclass(kind):
            kind = get_type_hints(kind)[str(part)]
        else:
            kind = get_args(kind)[-1]
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
    return kind
