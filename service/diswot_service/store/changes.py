"""Changes of a job's row, with what belongs to each: its version, its event, its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from diswot_service.store.tables import Candidate, Checkpoint, Event, IdempotencyKey, Increment, Job

_PARTS = (Candidate, Checkpoint, Event, IdempotencyKey, Increment)


def touch(job: Job, now: float) -> None:
    """Note a change that clients can see."""
    job.version += 1
    job.updated_at = now


def record(session: Session, job: Job, now: float, event: str, data: dict[str, Any]) -> None:
    """Add an event to what has happened to a job."""
    session.flush()  # A new job must be there before its first event.
    last = session.scalar(select(func.max(Event.seq)).where(Event.job_id == job.id)) or 0
    session.add(Event(job_id=job.id, seq=last + 1, at=now, type=event, data=data))


def set_state(session: Session, job: Job, state: str, now: float, **details: Any) -> None:
    """Bring a job to a state; `details` go into the event."""
    job.state = state
    touch(job, now)
    record(session, job, now, "state", {"state": state, **details})


def end(session: Session, job: Job, state: str, now: float, **details: Any) -> None:
    """Bring a job to a state that it will not leave by itself."""
    job.finished_at = now
    job.owner = job.lease_until = None
    set_state(session, job, state, now, **details)


def fail(session: Session, job: Job, error: dict[str, Any], now: float) -> None:
    """End a job with a problem object."""
    job.error = error
    end(session, job, "failed", now, detail=error.get("detail"))


def remove(session: Session, job_ids: Sequence[str]) -> None:
    """Remove jobs and all that belongs to them."""
    for part in _PARTS:
        session.execute(delete(part).where(part.job_id.in_(job_ids)))
    session.execute(delete(Job).where(Job.id.in_(job_ids)))
