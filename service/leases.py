"""What a worker asks of the store: jobs on lease, and writes that only the holder of the lease may make.

A claim raises the job's epoch, and every write of a worker names the epoch that it was given. A worker that was paused
or cut off while another took its job over finds its epoch outdated and stops (`LeaseLost`): it can overwrite nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.errors import LeaseLost
from service.problems import problem
from service.store import Store, end, touch
from service.tables import ACTIVE, Checkpoint, Job, WorkerBeat

LEASE = 30.0
"""Seconds after which the job of a silent worker is free."""
ATTEMPTS = 5
"""Claims without progress after which a job is given up."""
KEEP = 2
"""Checkpoints kept: the newest, and the one before should it be damaged."""


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
        store: the jobs.
        name: of the worker; one process at a time goes by it.
        boot: of this process.
    """

    def __init__(self, store: Store, name: str, boot: str) -> None:
        self.store = store
        self.name = name
        self.boot = boot
        self.owner = f"{name}/{boot}"

    def take_over(self) -> None:
        """Free the jobs that earlier processes of this name held: they are dead, so their leases are void."""
        with self.store.write() as session:
            held = Job.owner.startswith(f"{self.name}/", autoescape=True)
            session.execute(update(Job).where(held, Job.owner != self.owner).values(owner=None, lease_until=None))

    def beat(self, lease: Lease | None = None) -> None:
        """Show that this worker is alive, and extend its lease.

        Raises:
            LeaseLost: another worker holds the job.
        """
        now = self.store.clock()
        with self.store.write() as session:
            session.merge(WorkerBeat(name=self.name, boot=self.boot, heartbeat_at=now))
            if lease is not None:
                self._held(session, lease)

    def claim(self) -> Lease | None:
        """The oldest job that is waiting or whose worker is silent; `None` if there is none.

        On the way, jobs that were to be cancelled are, and jobs that keep killing their worker fail.
        """
        with self.store.write() as session:
            now = self.store.clock()
            free = or_(Job.lease_until.is_(None), Job.lease_until < now)
            query = select(Job).where(Job.state.in_(ACTIVE), free).order_by(Job.id).with_for_update(skip_locked=True)
            for job in session.scalars(query):
                if job.state == "cancelling":
                    end(job, "cancelled", now)
                elif job.attempt >= ATTEMPTS:
                    why = f"the worker died {ATTEMPTS} times in a row without getting further with this job"
                    job.error = problem(500, "crash-loop", why)
                    end(job, "failed", now)
                else:
                    return self._lend(job, now)
        return None

    def progress(self, lease: Lease, progress: dict[str, Any]) -> str:
        """Show how far the job has come, and return its state, which is `cancelling` once a client asked for that.

        Raises:
            LeaseLost: another worker holds the job.
        """
        with self.store.write() as session:
            return self._advance(session, lease, progress).state

    def checkpoint(self, lease: Lease, progress: dict[str, Any], done: int, state: dict[str, Any]) -> str:
        """Keep the state of the work together with its progress, in one transaction; returns the job's state.

        Args:
            lease: of the job.
            progress: for clients.
            done: how far the work has come; more than ever before lets the count of attempts begin anew.
            state: JSON from which the work can be continued.

        Raises:
            LeaseLost: another worker holds the job.
        """
        text = json.dumps(state, allow_nan=False, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self.store.write() as session:
            job = self._advance(session, lease, progress)
            mine = Checkpoint.job_id == job.id
            last, furthest = session.execute(
                select(func.max(Checkpoint.seq), func.max(Checkpoint.done)).where(mine)
            ).one()
            seq = (last or 0) + 1
            if done > (furthest or 0):
                job.attempt = 1
            session.add(Checkpoint(job_id=job.id, seq=seq, done=done, state=text, sha256=digest))
            session.execute(delete(Checkpoint).where(mine, Checkpoint.seq <= seq - KEEP))
            return job.state

    def latest(self, lease: Lease) -> dict[str, Any] | None:
        """State of the newest checkpoint that is undamaged; `None` if there is none."""
        query = select(Checkpoint).where(Checkpoint.job_id == lease.job.id).order_by(Checkpoint.seq.desc())
        with self.store.read() as session:
            for row in session.scalars(query):
                if hashlib.sha256(row.state.encode()).hexdigest() == row.sha256:
                    state: dict[str, Any] = json.loads(row.state)
                    return state
        return None

    def succeed(self, lease: Lease, progress: dict[str, Any], result: dict[str, Any]) -> None:
        """End the job with its result."""
        with self.store.write() as session:
            job = self._advance(session, lease, progress)
            job.result = result
            end(job, "succeeded", self.store.clock())

    def fail(self, lease: Lease, error: dict[str, Any]) -> None:
        """End the job with a problem object."""
        with self.store.write() as session:
            job = self._held(session, lease)
            job.error = error
            end(job, "failed", self.store.clock())

    def cancelled(self, lease: Lease) -> None:
        """End the job as a client asked."""
        with self.store.write() as session:
            end(self._held(session, lease), "cancelled", self.store.clock())

    def release(self, lease: Lease) -> None:
        """Put the job back into the queue, because this worker is told to stop; that is no crash."""
        with self.store.write() as session:
            job = self._held(session, lease)
            if job.state == "cancelling":
                end(job, "cancelled", self.store.clock())
                return
            job.state = "queued"
            job.attempt -= 1
            job.owner = job.lease_until = None
            touch(job, self.store.clock())

    def _lend(self, job: Job, now: float) -> Lease:
        job.state = "running"
        job.owner = self.owner
        job.epoch += 1
        job.attempt += 1
        job.started_at = job.started_at or now
        job.lease_until = now + LEASE
        touch(job, now)
        return Lease(job, job.epoch)

    def _advance(self, session: Session, lease: Lease, progress: dict[str, Any]) -> Job:
        job = self._held(session, lease)
        job.progress = progress
        touch(job, self.store.clock())
        return job

    def _held(self, session: Session, lease: Lease) -> Job:
        job = session.get(Job, lease.job.id)
        if job is None or job.epoch != lease.epoch or job.owner != self.owner:
            raise LeaseLost(f"{self.owner} no longer holds job {lease.job.id}")
        job.lease_until = self.store.clock() + LEASE
        return job
