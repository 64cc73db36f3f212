"""Validation errors as sentences: what, the value, what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from service.requests import SearchRequest

Where = Sequence[int | str]


def pointer(where: Where) -> str:
    """A JSON pointer (RFC 6901) to a place in the body; for a parameter its name, as in `query/page_size`."""
    inside = where[1:] if where[:1] in (["body"], ("body",)) else where
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in inside)
    return "/" * (inside is not where and bool(inside)) + "/".join(escaped)


def sentence(error: Mapping[str, Any]) -> str:
    """One error of pydantic in our words."""
    where: Where = error["loc"]
    name = ".".join(map(str, where[1:])) or str(where[0] if where else "body")
    limits: Mapping[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return f"unknown field {name!r}; valid: {', '.join(_fields_beside(where))}"
        case "missing":
            return f"{name} is missing"
        case "less_than_equal":
            return f"{name} must be at most {limits['le']:,}, not {error['input']}"
        case "greater_than_equal":
            return f"{name} must be at least {limits['ge']:,}, not {error['input']}"
        case "string_too_long":
            return f"{name} must have at most {limits['max_length']} characters, not {len(error['input'])}"
        case "too_long":
            return f"{name} must have at most {limits['max_length']} entries, not {len(error['input'])}"
        case "too_short":
            return f"{name} must have at least {limits['min_length']} entries, not {len(error['input'])}"
    text = str(error["msg"]).removeprefix("Input ")
    return f"{name} {text[:1].lower()}{text[1:]}, not {_short(error.get('input'))}"


def _fields_beside(where: Where) -> list[str]:
    """Names that would have been valid in the place of the unknown field at `where`, in the body of a search."""
    model: type[BaseModel] = SearchRequest
    for part in where[1:-1]:
        inner = model.model_fields[str(part)].annotation
        assert isinstance(inner, type)
        assert issubclass(inner, BaseModel)
        model = inner
    return list(model.model_fields)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
