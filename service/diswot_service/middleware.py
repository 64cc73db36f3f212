"""What happens to each request before a route sees it: its id, whether it may come in, how much, and how slowly."""

from __future__ import annotations

import asyncio
import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diswot_service.errors import ApiError, Forbidden, MalformedRequest
from diswot_service.problems import MEDIA_TYPE, problem_of

REQUEST_ID = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:\d+)?")
_SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Gives each request an id, and refuses foreign hosts and what other origins make a browser send.

    A page of a hostile site can make a browser talk to a service on this machine, by a name that it points here (DNS
    rebinding) or by a form: the first comes under a foreign `Host`, the second with a foreign origin.

    Args:
        app: the application behind.
        hosts: names under which requests may come.
        max_body: bytes of a body; a longer one is answered with 413. (FastAPI's own limit answers in plain text.)
        max_seconds: for a body to come in; a slower one is answered with 408.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], max_body: int, max_seconds: float) -> None:
        self.app = app
        self.hosts = hosts
        self.max_body = max_body
        self.max_seconds = max_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        request_id = given if _ID.fullmatch(given) else str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id

        head = scope["method"] == "HEAD"

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                added[REQUEST_ID] = request_id
                added["X-Content-Type-Options"] = "nosniff"
            elif head:
                message = {**message, "body": b""}
            await send(message)

        refusal = self._refusal(scope["method"], headers)
        if refusal is None:
            inside = {**scope, "method": "GET"} if head else scope
            await self.app(inside, self._limited(receive), send_with_id)
            return
        body = problem_of(refusal, instance=scope["path"], request_id=request_id)
        await JSONResponse(body, refusal.status, media_type=MEDIA_TYPE)(scope, receive, send_with_id)

    def _limited(self, receive: Receive) -> Receive:
        size, more, end = 0, True, asyncio.get_running_loop().time() + self.max_seconds

        async def receive_within_limits() -> Message:
            nonlocal size, more
            try:
                async with asyncio.timeout_at(end if more else None):
                    message = await receive()
            except TimeoutError:
                detail = f"the body did not come in within {self.max_seconds:g} s"
                raise HTTPException(408, detail, {"Connection": "close"}) from None
            size += len(message.get("body", b""))
            more = more and message.get("more_body", False)
            if size > self.max_body:
                raise HTTPException(413, f"the body must have at most {self.max_body:,} bytes")
            return message

        return receive_within_limits

    def _refusal(self, method: str, headers: Headers) -> ApiError | None:
        host = headers.get("host", "")
        parts = _HOST.fullmatch(host)
        if parts is None or parts[1].strip("[]").lower() not in self.hosts:
            return MalformedRequest(f"this service does not answer to the host {host!r}")
        if method in _SAFE:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site not in (None, "same-origin", "none"):
            return Forbidden("a page of another origin may not change anything here")
        if site is None and origin is not None and origin.partition("://")[2] != host:
            return Forbidden(f"a page of the origin {origin!r} may not change anything here")
        return None
