"""The events of a job as server-sent events: first what has happened, then what happens, until the job has ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool

from diswot_service.documents import event_item, progress_of
from diswot_service.store import Event, Job, Store

MEDIA_TYPE = "text/event-stream"
POLL = 0.5
"""Seconds between two looks at the job."""
PING = 15.0
"""Seconds of silence after which a comment keeps the connection alive."""
BATCH = 200
"""Events that are read at once."""


class Whose(NamedTuple):
    """Whose job it is, of which kind, and its id."""

    principal: str
    kind: str
    job_id: str


async def follow(store: Store, whose: Whose, after: int, leave: Callable[[], None]) -> AsyncIterator[bytes]:
    """What there is to say of a job, until it has ended.

    Events of the log carry their number as `id`, so that a client that was cut off goes on behind the last one that it
    has. Between checkpoints the progress is told without a number. The last event is `end`.

    Args:
        store: of the job.
        whose: the job.
        after: number of the last event that the client has.
        leave: called when nobody listens any more.
    """
    version, quiet = -1, 0.0
    try:
        while True:
            job, events = await run_in_threadpool(_look, store, whose, after)
            for event in events:
                after = event.seq
                yield message(event.type, event_item(event), event.seq)
            if len(events) == BATCH:
                continue
            if job.version != version:
                version, quiet = job.version, 0.0
                yield message("progress", {"state": job.state, **progress_of(job)})
            if job.finished:
                yield message("end", {"state": job.state})
                return
            await asyncio.sleep(POLL)
            quiet += POLL
            if quiet >= PING:
                quiet = 0.0
                yield b": still here\n\n"
    finally:
        leave()


def message(event: str, data: dict[str, Any], number: int | None = None) -> bytes:
    """One event as it goes over the wire."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def _look(store: Store, whose: Whose, after: int) -> tuple[Job, list[Event]]:
    job = store.get(*whose)  # Before the events: none that belongs to the end of the job can be missed.
    return job, list(store.events(*whose, BATCH, after))
