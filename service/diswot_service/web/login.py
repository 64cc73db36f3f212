"""Signing in with a key, for people: a cookie that no script can read and no other site can send."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from diswot_service.auth import COOKIE, SESSION, session_of
from diswot_service.body import JsonRoute, json_only
from diswot_service.errors import Unauthenticated
from diswot_service.routes.shared import TheService, address_of
from diswot_service.web.render import page

routes = APIRouter(include_in_schema=False, route_class=JsonRoute)


class SignIn(BaseModel):
    """The key that somebody signs in with."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(max_length=200)]


@routes.get("/login")
def form(request: Request) -> Response:
    """The page that asks for a key."""
    return page(request, "login.html", "Sign in")


@routes.post("/login", dependencies=[Depends(json_only)])
def sign_in(request: Request, service: TheService, given: Annotated[SignIn, Body()]) -> Response:
    """Set the cookie, if the key is one."""
    row = service.keys.find(given.key)
    if row is None:
        service.attempts.take(address_of(request))
        raise Unauthenticated("this is no key of this service, or one that was revoked")
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        session_of(row, service.keys.database.clock()),
        max_age=SESSION,
        path=service.settings.root_path or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@routes.post("/logout")
def sign_out(service: TheService) -> Response:
    """Take the cookie away."""
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path=service.settings.root_path or "/", httponly=True, samesite="strict")
    return answer
