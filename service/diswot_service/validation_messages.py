"""Validation errors of requests: where in the body, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diswot.spec import messages

Where = Sequence[int | str]


def pointer(where: Where) -> str:
    """A JSON pointer (RFC 6901) to a place in the body; for a parameter its name, as in `query/page_size`."""
    inside = where[1:] if where[:1] in (["body"], ("body",)) else where
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in inside)
    return "/" * (inside is not where and bool(inside)) + "/".join(escaped)


def sentence(error: Mapping[str, Any], body: Any) -> str:
    """One error of pydantic in our words.

    Args:
        error: whose place begins with `body`, or with the kind of a parameter.
        body: model of the body.
    """
    return messages.sentence({**error, "loc": error["loc"][1:]}, body, f"the {error['loc'][0]}")
