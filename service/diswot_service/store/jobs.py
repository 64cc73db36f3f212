"""Jobs as rows: what the API asks of the store. What a worker asks of it is in `diswot_service.store.leases`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from diswot_service.errors import (
    JobActive,
    JobFinished,
    KeyReused,
    NotFound,
    NotResumable,
    PreconditionFailed,
    QueueFull,
    QuotaExceeded,
)
from diswot_service.store.changes import end, remove, set_state
from diswot_service.store.database import Database
from diswot_service.store.ids import uuid7
from diswot_service.store.tables import ACTIVE, FINISHED, Candidate, Event, IdempotencyKey, Job

KEY_LIFETIME = 24 * 3600.0
"""Seconds for which an idempotency key is remembered."""
EXPIRED = 100
"""Expired jobs that are removed whenever a job is made."""


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
    """The jobs of one database. Each method takes the principal who asks, and shows no other's jobs.

    Args:
        database: where they are.
        queue: unfinished jobs that are accepted.
        quota: unfinished jobs that one principal may have.
        lifetime: seconds for which a finished job is kept; by default until it is deleted.
    """

    def __init__(
        self, database: Database, queue: int = 1000, lifetime: float | None = None, quota: int | None = None
    ) -> None:
        self.database = database
        self.queue = queue
        self.quota = quota
        self.lifetime = lifetime

    def create(
        self,
        principal: str,
        kind: str,
        spec: dict[str, Any],
        labels: dict[str, str],
        progress: dict[str, Any],
        key: Key | None = None,
    ) -> tuple[Job, bool]:
        """A new job in the queue, and `False`; or the job that this key has made before, and `True`.

        Raises:
            KeyReused: the key came with another body before.
            QueueFull: as many jobs as are accepted are unfinished already.
            QuotaExceeded: so are as many of this principal as one may have.
            StorageFault: the database cannot be relied on.
        """
        self.database.check()
        try:
            return self._create(principal, kind, spec, labels, progress, key)
        except (
            IntegrityError
        ):  # Another process has used the key in the meantime; it has committed, so its job is there.
            if key is None:
                raise
            return self._create(principal, kind, spec, labels, progress, key)

    def _create(
        self,
        principal: str,
        kind: str,
        spec: dict[str, Any],
        labels: dict[str, str],
        progress: dict[str, Any],
        key: Key | None,
    ) -> tuple[Job, bool]:
        with self.database.write() as session:
            now = self.database.clock()
            if key is not None and (known := _known(session, principal, key, now)) is not None:
                return known, True
            self._expire(session, now)
            self._check_room(session, principal)
            job = Job(
                id=uuid7(now), principal=principal, kind=kind, version=0, created_at=now,
                started_at=None, finished_at=None, attempt=0, epoch=0, owner=None, lease_until=None,
                labels=labels, spec=spec, progress=progress, result=None, error=None,
            )  # fmt: skip
            session.add(job)
            set_state(session, job, "queued", now)
            if key is not None:
                session.add(_row(principal, key, job.id, now + KEY_LIFETIME))
            return job, False

    def get(self, principal: str, kind: str, job_id: str) -> Job:
        """The job of that kind and id.

        Raises:
            NotFound: there is none.
        """
        with self.database.read() as session:
            return _found(session, principal, kind, job_id)

    def page(
        self,
        principal: str,
        kind: str,
        size: int,
        state: str | None = None,
        before: str | None = None,
        label: tuple[str, str] | None = None,
    ) -> list[Job]:
        """Up to `size` jobs without their results, the newest first, from the one made before the job `before`.

        Args:
            principal: who asks.
            kind: of the jobs.
            size: how many at most.
            state: that they are in.
            before: id of a job, which may have been removed since.
            label: name and value of a label that they have.
        """
        query = select(Job).where(Job.principal == principal, Job.kind == kind).options(defer(Job.result))
        if state is not None:
            query = query.where(Job.state == state)
        if label is not None:
            query = query.where(Job.labels[label[0]].as_string() == label[1])
        if before is not None:
            query = query.where(Job.id < before)
        with self.database.read() as session:
            return list(session.scalars(query.order_by(Job.id.desc()).limit(size)))

    def events(self, principal: str, kind: str, job_id: str, size: int, after: int = 0) -> Sequence[Event]:
        """Up to `size` events of a job, in order, from the one behind number `after`.

        Raises:
            NotFound: there is no such job.
        """
        query = select(Event).where(Event.job_id == job_id, Event.seq > after).order_by(Event.seq).limit(size)
        with self.database.read() as session:
            _found(session, principal, kind, job_id)
            return session.scalars(query).all()

    def last_event(self, job_id: str) -> int:
        """Number of the newest event of a job; 0 where there is none."""
        with self.database.read() as session:
            return session.scalar(select(func.max(Event.seq)).where(Event.job_id == job_id)) or 0

    def candidates(
        self,
        principal: str,
        kind: str,
        job_id: str,
        size: int | None = None,
        start: int = 0,
        *,
        best_first: bool = False,
    ) -> Sequence[Candidate]:
        """Up to `size` candidates of a job from number `start`, in the order of evaluation or the best first.

        Raises:
            NotFound: there is no such job.
        """
        query = select(Candidate).where(Candidate.job_id == job_id)
        if best_first:
            query = query.order_by(Candidate.score.desc().nulls_last())
        with self.database.read() as session:
            _found(session, principal, kind, job_id)
            return session.scalars(query.order_by(Candidate.number).limit(size).offset(start)).all()

    def candidate(self, principal: str, kind: str, job_id: str, number: int) -> Candidate:
        """One candidate of a job.

        Raises:
            NotFound: there is no such job, or it has no such candidate.
        """
        with self.database.read() as session:
            _found(session, principal, kind, job_id)
            candidate = session.get(Candidate, (job_id, number))
        if candidate is None:
            raise NotFound(f"{kind} {job_id} has no candidate {number}")
        return candidate

    def resume(
        self, principal: str, kind: str, job_id: str, expected: Callable[[Job], bool] = lambda _job: True
    ) -> Job:
        """The job, back in the queue to go on from its last checkpoint, if it is as `expected`.

        Raises:
            NotFound: there is no such job.
            PreconditionFailed: it is not as expected.
            NotResumable: it has neither failed nor been cancelled.
            StorageFault: the database cannot be relied on.
        """
        self.database.check()
        with self.database.write() as session:
            job = _found(session, principal, kind, job_id, lock=True)
            _check_expected(job, expected)
            if job.state not in ("failed", "cancelled"):
                raise NotResumable(f"{kind} {job_id} is {job.state}; only failed and cancelled ones can be resumed")
            job.attempt, job.error, job.finished_at = 0, None, None
            set_state(session, job, "queued", self.database.clock())
            return job

    def cancel(self, principal: str, kind: str, job_id: str) -> Job:
        """The job, now `cancelling`, or `cancelled` if no worker has begun it; asking twice changes nothing.

        Raises:
            NotFound: there is no such job.
            JobFinished: it has succeeded or failed.
        """
        with self.database.write() as session:
            job, now = _found(session, principal, kind, job_id, lock=True), self.database.clock()
            if job.state in ("succeeded", "failed"):
                raise JobFinished(f"{kind} {job_id} has {job.state} and cannot be cancelled")
            if job.state == "queued":
                end(session, job, "cancelled", now)
            elif job.state == "running":
                set_state(session, job, "cancelling", now)
            return job

    def delete(
        self, principal: str, kind: str, job_id: str, expected: Callable[[Job], bool] = lambda _job: True
    ) -> None:
        """Remove a finished job and all that belongs to it, if it is as `expected`.

        Raises:
            NotFound: there is no such job.
            PreconditionFailed: it is not as expected.
            JobActive: it is not finished.
        """
        with self.database.write() as session:
            job = _found(session, principal, kind, job_id, lock=True)
            _check_expected(job, expected)
            if not job.finished:
                raise JobActive(f"{kind} {job_id} is {job.state} and cannot be deleted; cancel it first")
            remove(session, [job_id])

    def _check_room(self, session: Session, principal: str) -> None:
        """Raise `QueueFull` or `QuotaExceeded` if as many jobs as are accepted are unfinished."""
        count = select(func.count()).select_from(Job).where(Job.state.in_(ACTIVE))
        unfinished = session.scalar(count) or 0
        if unfinished >= self.queue:
            raise QueueFull(f"{unfinished:,} jobs are waiting, which is as many as this service accepts")
        mine = 0 if self.quota is None else session.scalar(count.where(Job.principal == principal)) or 0
        if self.quota is not None and mine >= self.quota:
            raise QuotaExceeded(f"{mine:,} of your jobs are unfinished, which is as many as you may have")

    def _expire(self, session: Session, now: float) -> None:
        if self.lifetime is not None:
            old = (Job.state.in_(FINISHED), Job.finished_at < now - self.lifetime)
            remove(session, session.scalars(select(Job.id).where(*old).limit(EXPIRED)).all())


def _check_expected(job: Job, expected: Callable[[Job], bool]) -> None:
    if not expected(job):
        raise PreconditionFailed(f"{job.kind} {job.id} has changed since; it now has version {job.version}")


def _known(session: Session, principal: str, key: Key, now: float) -> Job | None:
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at < now))
    row = session.get(IdempotencyKey, (principal, key.route, key.key))
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise KeyReused(f"Idempotency-Key {key.key!r} came with another body before; use a new key for a new request")
    return session.get_one(Job, row.job_id)


def _row(principal: str, key: Key, job_id: str, expires_at: float) -> IdempotencyKey:
    return IdempotencyKey(
        principal=principal, route=key.route, key=key.key, fingerprint=key.fingerprint,
        job_id=job_id, expires_at=expires_at,
    )  # fmt: skip


def _found(session: Session, principal: str, kind: str, job_id: str, *, lock: bool = False) -> Job:
    job = session.get(Job, job_id, with_for_update=lock)
    if job is None or (job.principal, job.kind) != (principal, kind):
        raise NotFound(f"there is no {kind} {job_id}")
    return job
