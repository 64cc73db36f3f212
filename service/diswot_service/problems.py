"""Errors as `application/problem+json`, RFC 9457."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

from diswot.errors import DiswotError, InputError
from diswot_service.errors import ApiError

MEDIA_TYPE = "application/problem+json"
BASE = "https://diswot.dev/problems/"
"""What the types of problems begin with; docs/guide/service.md describes each."""


class FieldError(BaseModel):
    """What is wrong with one field.

    Attributes:
        pointer: where it is in the body, as a JSON pointer (RFC 6901).
        detail: what is wrong, in one sentence.
    """

    pointer: str
    detail: str


class Problem(BaseModel):
    """Why a request or a job came to nothing.

    Attributes:
        type: one of the types in docs/guide/service.md.
        title: the HTTP status in words.
        status: the HTTP status.
        detail: one sentence: what, the value, what is allowed.
        instance: the request's path.
        request_id: to find the request in the log.
        errors: field by field, where fields are wrong.
    """

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    request_id: str | None = None
    errors: list[FieldError] = Field(default_factory=list)


def problem(status: int, slug: str, detail: str | None, **members: Any) -> dict[str, Any]:
    """A problem object; members that are empty are left out."""
    document = Problem(type=BASE + slug, title=HTTPStatus(status).phrase, status=status, detail=detail, **members)
    return document.model_dump(mode="json", exclude_defaults=True)


def problem_of(error: DiswotError, **members: Any) -> dict[str, Any]:
    """The problem object of an error that was raised on purpose."""
    if isinstance(error, ApiError):
        return problem(error.status, error.slug, str(error), **members)
    if isinstance(error, InputError):
        return problem(422, "invalid-request", str(error), **members)
    return problem(500, "search-failed", str(error), **members)
