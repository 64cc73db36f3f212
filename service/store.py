"""Jobs as rows: what the API asks of the store. What a worker asks of it is in `service.leases`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from service.errors import JobFinished, KeyReused, NotFound, QueueFull
from service.ids import uuid7
from service.tables import ACTIVE, IdempotencyKey, Job, WorkerBeat

KEY_LIFETIME = 24 * 3600.0
"""Seconds for which an idempotency key is remembered."""


@dataclass(frozen=True, slots=True)
class Key:
    """A client's idempotency key.

    Attributes:
        route: what was asked, such as `"POST /v1/searches"`.
        key: as the client sent it.
        fingerprint: of the body.
    """

    route: str
    key: str
    fingerprint: str


class Store:
    """The jobs of one database.

    Args:
        engine: from `service.database.open_database`.
        clock: seconds since 1970.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self.engine = engine
        self.clock = clock
        self._writing = threading.Lock()

    def create(
        self,
        kind: str,
        spec: dict[str, Any],
        labels: dict[str, str],
        progress: dict[str, Any],
        *,
        key: Key | None = None,
        queue: int = 1000,
    ) -> tuple[Job, bool]:
        """A new job in the queue, and `False`; or the job that this key has made before, and `True`.

        Raises:
            KeyReused: the key came with another body before.
            QueueFull: that many jobs are unfinished already.
        """
        with self.write() as session:
            if key is not None and (known := self._known(session, key)) is not None:
                return known, True
            unfinished = session.scalar(select(func.count()).select_from(Job).where(Job.state.in_(ACTIVE))) or 0
            if unfinished >= queue:
                raise QueueFull(f"{unfinished:,} jobs are waiting, which is as many as this service accepts")
            now = self.clock()
            job = Job(
                id=uuid7(now), kind=kind, state="queued", version=1, created_at=now, updated_at=now,
                started_at=None, finished_at=None, attempt=0, epoch=0, owner=None, lease_until=None,
                labels=labels, spec=spec, progress=progress, result=None, error=None,
            )  # fmt: skip
            session.add(job)
            session.flush()
            if key is not None:
                session.add(_row(key, job.id, now + KEY_LIFETIME))
            return job, False

    def get(self, kind: str, job_id: str) -> Job:
        """The job of that kind and id.

        Raises:
            NotFound: there is none.
        """
        with self.read() as session:
            return _found(session, kind, job_id)

    def page(self, kind: str, size: int, state: str | None = None, before: str | None = None) -> list[Job]:
        """Up to `size` jobs, the newest first, from the one made before the job `before`."""
        query = select(Job).where(Job.kind == kind).order_by(Job.id.desc()).limit(size)
        if state is not None:
            query = query.where(Job.state == state)
        if before is not None:
            query = query.where(Job.id < before)
        with self.read() as session:
            return list(session.scalars(query))

    def cancel(self, kind: str, job_id: str) -> Job:
        """The job, now `cancelling`, or `cancelled` if no worker has begun it; asking twice changes nothing.

        Raises:
            NotFound: there is no such job.
            JobFinished: it has succeeded or failed.
        """
        with self.write() as session:
            job = _found(session, kind, job_id)
            if job.state in ("succeeded", "failed"):
                raise JobFinished(f"{kind} {job_id} has {job.state} and cannot be cancelled")
            if job.state == "queued":
                end(job, "cancelled", self.clock())
            elif job.state == "running":
                job.state = "cancelling"
                touch(job, self.clock())
            return job

    def heartbeat_age(self) -> float | None:
        """Seconds since the last sign of life of any worker; `None` if there never was one."""
        with self.read() as session:
            latest = session.scalar(select(func.max(WorkerBeat.heartbeat_at)))
        return None if latest is None else max(0.0, self.clock() - latest)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; its rows stay usable afterwards."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that holds the write lock from its beginning; its rows stay usable afterwards.

        Writers of one process queue up here, which is fairer than SQLite's busy loop.
        """
        engine = self.engine.execution_options(write=True)
        with self._writing, Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def _known(self, session: Session, key: Key) -> Job | None:
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at < self.clock()))
        row = session.get(IdempotencyKey, ("", key.route, key.key))
        if row is None:
            return None
        if row.fingerprint != key.fingerprint:
            raise KeyReused(
                f"Idempotency-Key {key.key!r} came with another body before; use a new key for a new request"
            )
        return session.get_one(Job, row.job_id)


def touch(job: Job, now: float) -> None:
    """Note a change that clients can see."""
    job.version += 1
    job.updated_at = now


def end(job: Job, state: str, now: float) -> None:
    """Bring a job to a state that it will not leave by itself."""
    job.state = state
    job.finished_at = now
    job.owner = job.lease_until = None
    touch(job, now)


def _row(key: Key, job_id: str, expires_at: float) -> IdempotencyKey:
    return IdempotencyKey(
        principal="", route=key.route, key=key.key, fingerprint=key.fingerprint, job_id=job_id, expires_at=expires_at
    )


def _found(session: Session, kind: str, job_id: str) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.kind != kind:
        raise NotFound(f"there is no {kind} {job_id}")
    return job
