"""What the routes share: the service that answers, who asks, and pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Generic, NamedTuple, TypeVar

from fastapi import Depends, Query, Request

from diswot_service.auth import SAFE, Caller, authenticate
from diswot_service.errors import Unauthenticated
from diswot_service.limits import RateLimit
from diswot_service.metrics import Metrics
from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Keys, Store

DEFAULT_PAGE = 25
MAX_PAGE = 100
PageSize = Annotated[
    int, Query(ge=0, description=f"0 for the default of {DEFAULT_PAGE}; more than {MAX_PAGE} is {MAX_PAGE}")
]
REQUESTS, BURST = 50.0, 300
"""Requests a second of one principal with a key, and how many of them at once."""
ATTEMPTS = 10
"""Wrong keys that one address may try in a minute."""
STREAMS = 200
"""Clients that may follow events at once."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Service:
    """What answers requests; `diswot_service.app` puts it into the state of the application.

    Attributes:
        settings: of the service.
        store: the jobs.
        keys: who may ask.
        metrics: figures for whoever watches over the service.
        limit: how often those with a key may ask.
        attempts: how often somebody may try to sign in.
        streams: places for clients that follow events.
    """

    settings: Settings
    store: Store
    keys: Keys
    metrics: Metrics
    limit: RateLimit = field(default_factory=lambda: RateLimit(REQUESTS, BURST))
    attempts: RateLimit = field(default_factory=lambda: RateLimit(ATTEMPTS / 60, ATTEMPTS))
    streams: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(STREAMS))


class Page(NamedTuple, Generic[Row]):
    """Rows, and whether there are more."""

    items: Sequence[Row]
    more: bool


def page_of(asked: int, find: Callable[[int], Sequence[Row]]) -> Page[Row]:
    """As many rows as were asked for, of those that `find` finds up to a number."""
    size = min(asked or DEFAULT_PAGE, MAX_PAGE)
    found = find(size + 1)
    return Page(found[:size], len(found) > size)


def _service(request: Request) -> Service:
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


def caller_of(request: Request, service: Annotated[Service, Depends(_service)]) -> Caller:
    """Who asks, and may: what changes something needs another scope than looking."""
    try:
        caller = authenticate(request, service.keys)
    except Unauthenticated:
        if "authorization" in request.headers:
            service.attempts.take(address_of(request))
        raise
    if caller.principal != LOCAL:
        service.limit.take(caller.principal)
    caller.check("read" if request.method in SAFE else "write")
    request.state.by_cookie = caller.by_cookie
    return caller


def _principal(caller: Annotated[Caller, Depends(caller_of)]) -> str:
    return caller.principal


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


TheService = Annotated[Service, Depends(_service)]
TheCaller = Annotated[Caller, Depends(caller_of)]
Principal = Annotated[str, Depends(_principal)]
