"""What the routes share: the service that answers, who asks, and pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Generic, NamedTuple, TypeVar

from fastapi import Depends, Query, Request

from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Store

DEFAULT_PAGE = 25
MAX_PAGE = 100
PageSize = Annotated[
    int, Query(ge=0, description=f"0 for the default of {DEFAULT_PAGE}; more than {MAX_PAGE} is {MAX_PAGE}")
]
STREAMS = 200
"""Clients that may follow events at once."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Service:
    """What answers requests; `diswot_service.app` puts it into the state of the application.

    Attributes:
        settings: of the service.
        store: the jobs.
        streams: places for clients that follow events.
    """

    settings: Settings
    store: Store
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


def _principal() -> str:
    """Who asks; authentication will say so."""
    return LOCAL


TheService = Annotated[Service, Depends(_service)]
Principal = Annotated[str, Depends(_principal)]
