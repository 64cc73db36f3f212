"""How long requests take, by route."""

from __future__ import annotations

import time

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Stopwatch:
    """Observes the seconds until each answer begins: a stream of events then goes on for as long as it likes.

    Args:
        app: the application behind.
        requests: what observes.
    """

    def __init__(self, app: ASGIApp, requests: Histogram) -> None:
        self.app = app
        self.requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()

        async def send_and_observe(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")  # A path that no route has could be anything.
                labels = (scope["method"], route, str(message["status"]))
                self.requests.labels(*labels).observe(time.perf_counter() - start)
            await send(message)

        await self.app(scope, receive, send_and_observe)
