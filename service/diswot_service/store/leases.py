"""What a worker asks of the store: jobs on lease, and writes that only the holder of the lease may make.

A claim raises the job's epoch, and every write of a worker names the epoch that it was given. A worker that was paused
or cut off while another took its job over finds its epoch outdated and stops (`LeaseLost`): it can overwrite nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from diswot_service.errors import LeaseLost
from diswot_service.problems import problem
from diswot_service.store.changes import end, fail, record, set_state, touch
from diswot_service.store.checkpoints import Snapshot, keep, newest, remove_checkpoints
from diswot_service.store.database import Database
from diswot_service.store.tables import ACTIVE, Candidate, Job, WorkerBeat

LEASE = 30.0
"""Seconds after which the job of a silent worker is free."""
ATTEMPTS = 5
"""Claims without progress after which a job is given up."""
FORGOTTEN = 24 * 3600.0
"""Seconds of silence after which a worker is forgotten."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job.

    Attributes:
        job: as it was when claimed.
        epoch: of the claim.
    """

    job: Job
    epoch: int


class Leases:
    """The store as one worker sees it.

    Args:
        database: of the store.
        name: of the worker; one process at a time goes by it.
        boot: of this process.
    """

    def __init__(self, database: Database, name: str, boot: str) -> None:
        self.database = database
        self.name = name
        self.boot = boot
        self.owner = f"{name}/{boot}"

    def void_stale_leases(self) -> None:
        """Free the jobs that earlier processes of this name held: they are dead, so their leases are void."""
        with self.database.write() as session:
            held = Job.owner.startswith(f"{self.name}/", autoescape=True)
            session.execute(update(Job).where(held, Job.owner != self.owner).values(owner=None, lease_until=None))

    def beat(self, lease: Lease | None = None) -> None:
        """Show that this worker is alive, and extend its lease.

        Raises:
            LeaseLost: another worker holds the job.
        """
        now = self.database.clock()
        with self.database.write() as session:
            session.execute(delete(WorkerBeat).where(WorkerBeat.heartbeat_at < now - FORGOTTEN))
            session.merge(WorkerBeat(name=self.name, boot=self.boot, heartbeat_at=now))
            if lease is not None:
                self._held(session, lease)

    def claim(self, kinds: Collection[str]) -> Lease | None:
        """The oldest job of these kinds that is waiting or whose worker is silent; `None` if there is none.

        On the way, jobs that were to be cancelled are, and jobs that keep killing their worker fail.
        """
        with self.database.write() as session:
            now = self.database.clock()
            free = or_(Job.lease_until.is_(None), Job.lease_until < now)
            query = select(Job).where(Job.state.in_(ACTIVE), Job.kind.in_(kinds), free).order_by(Job.id).limit(1)
            while (job := session.scalar(query.with_for_update(skip_locked=True))) is not None:
                if job.state == "cancelling":
                    end(session, job, "cancelled", now)
                elif job.attempt >= ATTEMPTS:
                    why = f"the worker died {ATTEMPTS} times in a row without getting further with this job"
                    fail(session, job, problem(500, "crash-loop", why), now)
                else:
                    return self._lend(session, job, now)
        return None

    def progress(self, lease: Lease, progress: dict[str, Any]) -> str:
        """Show how far the job has come, and return its state, which is `cancelling` once a client asked for that.

        Raises:
            LeaseLost: another worker holds the job.
        """
        with self.database.write() as session:
            return self._advance(session, lease, progress).state

    def checkpoint(
        self, lease: Lease, progress: dict[str, Any], snapshot: Snapshot, candidates: Collection[dict[str, Any]] = ()
    ) -> str:
        """Keep the state of the work together with its progress, in one transaction; returns the job's state.

        Args:
            lease: of the job.
            progress: for clients, and into the events of the job.
            snapshot: from which the work can be continued.
            candidates: columns of those that are new or have changed.

        Raises:
            LeaseLost: another worker holds the job.
        """
        with self.database.write() as session:
            job = self._advance(session, lease, progress)
            if keep(session, job.id, snapshot):
                job.attempt = 1
            for columns in candidates:
                session.merge(Candidate(job_id=job.id, **columns))
            record(session, job, self.database.clock(), "progress", progress)
            return job.state

    def latest(self, lease: Lease) -> Snapshot | None:
        """The newest checkpoint that is undamaged, or `None` if there never was one; newer ones are removed.

        Raises:
            UnreadableData: all that there are are damaged.
            LeaseLost: another worker holds the job.
        """
        with self.database.write() as session:
            return newest(session, self._held(session, lease).id)

    def known(self, kind: str) -> set[str]:
        """The ids of all jobs of a kind that there are."""
        with self.database.write() as session:
            return set(session.scalars(select(Job.id).where(Job.kind == kind)))

    def restart(self, lease: Lease, why: str) -> None:
        """Forget all checkpoints and candidates of the job, because they cannot be continued, and say so in its events.

        Raises:
            LeaseLost: another worker holds the job.
        """
        with self.database.write() as session:
            job = self._held(session, lease)
            remove_checkpoints(session, job.id)
            session.execute(delete(Candidate).where(Candidate.job_id == job.id))
            record(session, job, self.database.clock(), "restarted", {"detail": why})

    def succeed(self, lease: Lease, progress: dict[str, Any], result: dict[str, Any]) -> None:
        """End the job with its result; what it could be continued from is no longer needed."""
        with self.database.write() as session:
            job = self._advance(session, lease, progress)
            job.result = result
            remove_checkpoints(session, job.id)
            end(session, job, "succeeded", self.database.clock())

    def fail(self, lease: Lease, error: dict[str, Any]) -> None:
        """End the job with a problem object."""
        with self.database.write() as session:
            fail(session, self._held(session, lease), error, self.database.clock())

    def cancelled(self, lease: Lease) -> None:
        """End the job as a client asked."""
        with self.database.write() as session:
            end(session, self._held(session, lease), "cancelled", self.database.clock())

    def release(self, lease: Lease) -> None:
        """Put the job back into the queue, because this worker is told to stop; that is no crash."""
        with self.database.write() as session:
            job, now = self._held(session, lease), self.database.clock()
            if job.state == "cancelling":
                end(session, job, "cancelled", now)
                return
            job.attempt -= 1
            job.owner = job.lease_until = None
            set_state(session, job, "queued", now)

    def _lend(self, session: Session, job: Job, now: float) -> Lease:
        job.owner = self.owner
        job.epoch += 1
        job.attempt += 1
        job.started_at = job.started_at or now
        job.lease_until = now + LEASE
        set_state(session, job, "running", now, attempt=job.attempt)
        return Lease(job, job.epoch)

    def _advance(self, session: Session, lease: Lease, progress: dict[str, Any]) -> Job:
        job = self._held(session, lease)
        job.progress = progress
        touch(job, self.database.clock())
        return job

    def _held(self, session: Session, lease: Lease) -> Job:
        job = session.get(Job, lease.job.id, with_for_update=True)
        if job is None or job.epoch != lease.epoch or job.owner != self.owner:
            raise LeaseLost(f"{self.owner} no longer holds job {lease.job.id}")
        job.lease_until = self.database.clock() + LEASE
        return job
