"""Pages of jobs, for the API and for people."""

from __future__ import annotations

from collections.abc import Sequence

from diswot_service import cursor
from diswot_service.documents import State
from diswot_service.errors import MalformedRequest
from diswot_service.routes.shared import Service, page_of
from diswot_service.store import Job


def list_jobs(
    service: Service, principal: str, kind: str, state: State | None, page_size: int, page_token: str, label: str = ""
) -> tuple[Sequence[Job], str]:
    """Jobs, the newest first, and the token of the page behind them; it is empty behind the last.

    Raises:
        MalformedRequest: the label is not written NAME:VALUE.
    """
    filters = f"state={state or ''}" + (f"&label={label}" if label else "")
    before = cursor.start_of(page_token, filters) if page_token else None
    pair = _pair(label)
    jobs, more = page_of(page_size, lambda size: service.store.page(principal, kind, size, state, before, pair))
    return jobs, cursor.token(jobs[-1].id, filters) if more else ""


def _pair(label: str) -> tuple[str, str] | None:
    if not label:
        return None
    name, colon, value = label.partition(":")
    if not (name and colon):
        raise MalformedRequest(f"label must be NAME:VALUE, not {label[:80]!r}")
    return name, value
