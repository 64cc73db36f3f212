"""Turns every exception into a problem document."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from diswot.errors import DiswotError
from diswot_service.errors import ApiError, Unauthenticated
from diswot_service.middleware import REQUEST_ID
from diswot_service.problems import MEDIA_TYPE, Problem, problem, problem_of
from diswot_service.validation_messages import pointer, sentence
from diswot_service.web.render import error_page, wants_page

_LOG = logging.getLogger(__name__)
_SLUGS = {404: "not-found", 405: "method-not-allowed", 408: "request-timeout", 413: "payload-too-large"}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def install(app: FastAPI) -> None:
    """Let every error of `app` answer with a problem."""
    app.add_exception_handler(DiswotError, _on_purpose)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        for operation in (operation for path in document["paths"].values() for operation in path.values()):
            content = operation["responses"]["500"]["content"]
            for kind in content.keys() - {MEDIA_TYPE}:  # Where FastAPI puts a model, which names the schema for all.
                content[MEDIA_TYPE] = content.pop(kind)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What to tell OpenAPI about a route that may answer with problems of these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    plain: dict[int | str, dict[str, Any]] = {
        s: {"description": HTTPStatus(s).phrase, "content": content} for s in (400, 422, *statuses)
    }
    return {**plain, 500: {"description": "Internal Server Error", "model": Problem}}


def guarded(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same of a route that asks who asks."""
    return error_responses(401, 403, 429, *statuses)


def _answer(request: Request, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    if wants_page(request):
        if body["status"] == HTTPStatus.UNAUTHORIZED:
            return RedirectResponse(request.scope.get("root_path", "") + "/login", 303)
        return error_page(request, body)
    return JSONResponse(body, body["status"], headers, media_type=MEDIA_TYPE)


def _about(request: Request) -> dict[str, str]:
    return {"instance": request.url.path, "request_id": request.state.request_id}


def _on_purpose(request: Request, error: Exception) -> Response:
    known = cast("DiswotError", error)
    wait = known.retry_after if isinstance(known, ApiError) else None
    headers = {} if wait is None else {"Retry-After": str(wait)}
    if isinstance(known, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(request, problem_of(known, **_about(request)), headers)


def _invalid(request: Request, error: Exception) -> Response:
    errors = cast("RequestValidationError", error).errors()
    if any(e["type"] == "missing" and e["loc"] == ("body",) for e in errors):
        detail = "the body is empty; it must be a JSON object"
        return _answer(request, problem(400, "invalid-request", detail, **_about(request)))
    body = getattr(request.scope.get("route"), "body_field", None)
    model = None if body is None else body.field_info.annotation
    found = [{"pointer": pointer(e["loc"]), "detail": sentence(e, model)} for e in errors]
    return _answer(request, problem(422, "invalid-request", found[0]["detail"], errors=found, **_about(request)))


def _http(request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    slug, detail = _SLUGS.get(known.status_code, "invalid-request"), known.detail
    headers = dict(known.headers or {})
    if known.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
        detail = f"{request.method} is not allowed here; valid: {headers['Allow']}"
    return _answer(request, problem(known.status_code, slug, detail, **_about(request)), headers)


def _allowed(request: Request) -> list[str]:
    """Methods that some route has for the path of a request; a router only knows those of its first match."""
    routes = request.app.router.routes
    found = [m for m in _METHODS if any(r.matches({**request.scope, "method": m})[0] is Match.FULL for r in routes)]
    return [*found[:1], "HEAD", *found[1:]] if "GET" in found else found


def _unexpected(request: Request, error: Exception) -> Response:
    """Only the id of the request leaves the house; what happened is in the log."""
    about = _about(request)
    _LOG.error("request %s failed", about["request_id"], exc_info=error)
    answer = _answer(request, problem(500, "internal", None, **about))
    answer.headers[REQUEST_ID] = about["request_id"]
    return answer
