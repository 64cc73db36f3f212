"""JSON bodies, read strictly: what can be read in two ways is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from diswot_service.errors import WrongMediaType


class JsonRoute(APIRoute):
    """A route whose body is JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the base, which asks our request for its JSON."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return handle_json


class _JsonRequest(Request):
    async def json(self) -> Any:
        return parse(await self.body())


def parse(body: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        HTTPException: 400, with what is wrong in one sentence.
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _malformed(f"the body is not JSON: {error.msg} at character {error.pos}") from error
    except UnicodeDecodeError as error:
        raise _malformed(f"the body is not JSON: it is not in UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise _malformed("the body is not JSON that can be read: it is nested too deeply") from error
    except ValueError as error:
        raise _malformed("the body is not JSON that can be read: a number has too many digits") from error


def json_only(request: Request) -> None:
    """Refuse a body that does not say it is JSON, as forms of other origins cannot."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMediaType(f"the body must be application/json, not {kind or 'of no stated type'}")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise _malformed(f"the body gives the field {twice[:80]!r} twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _malformed(f"the body is not JSON: {name} is no number of JSON")


def _malformed(detail: str) -> HTTPException:
    return HTTPException(400, detail)
