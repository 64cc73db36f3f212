"""Turns every exception into a problem document."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from diswot.errors import DiswotError
from service.guard import REQUEST_ID
from service.problems import MEDIA_TYPE, Problem, problem, problem_of
from service.sentences import pointer, sentence

_LOG = logging.getLogger(__name__)
_SLUGS = {404: "not-found", 405: "method-not-allowed", 413: "payload-too-large"}


def install(app: FastAPI) -> None:
    """Let every error of `app` answer with a problem."""
    app.add_exception_handler(DiswotError, _on_purpose)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What to tell OpenAPI about a route that may answer with problems of these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    plain: dict[int | str, dict[str, Any]] = {
        s: {"description": HTTPStatus(s).phrase, "content": content} for s in (400, 422, *statuses)
    }
    return {**plain, 500: {"description": "Internal Server Error", "model": Problem}}


def _answer(body: dict[str, Any]) -> JSONResponse:
    headers = {"Retry-After": "2"} if body["status"] == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(body, body["status"], headers, media_type=MEDIA_TYPE)


def _about(request: Request) -> dict[str, str]:
    return {"instance": request.url.path, "request_id": request.state.request_id}


def _on_purpose(request: Request, error: Exception) -> JSONResponse:
    return _answer(problem_of(cast("DiswotError", error), **_about(request)))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    errors = cast("RequestValidationError", error).errors()
    if errors[0]["type"] == "json_invalid":
        at = errors[0]["loc"][-1]
        detail = f"the body is not JSON: {errors[0]['ctx']['error']} at character {at}"
        return _answer(problem(400, "invalid-request", detail, **_about(request)))
    found = [{"pointer": pointer(e["loc"]), "detail": sentence(e)} for e in errors]
    return _answer(problem(422, "invalid-request", found[0]["detail"], errors=found, **_about(request)))


def _http(request: Request, error: Exception) -> JSONResponse:
    known = cast("HTTPException", error)
    slug = _SLUGS.get(known.status_code, "invalid-request")
    answer = _answer(problem(known.status_code, slug, known.detail, **_about(request)))
    answer.headers.update(known.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    """Only the id of the request leaves the house; what happened is in the log."""
    about = _about(request)
    _LOG.error("request %s failed", about["request_id"], exc_info=error)
    answer = _answer(problem(500, "internal", None, **about))
    answer.headers[REQUEST_ID] = about["request_id"]
    return answer
