"""The tables of the job store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = 1
"""Version of these tables; a database of another version is refused."""

ACTIVE = ("queued", "running", "cancelling")
FINISHED = ("succeeded", "failed", "cancelled")
STATES = (*ACTIVE, *FINISHED)


class Base(DeclarativeBase):
    """Base of the tables; dictionaries are kept as JSON."""

    type_annotation_map = {dict[str, Any]: JSON, dict[str, str]: JSON}  # noqa: RUF012 - SQLAlchemy reads it so


class Job(Base):
    """A job: resource of the API, entry of the queue and lease at once. Times are seconds since 1970.

    Attributes:
        version: raised with every change that a client can see; the ETag.
        attempt: claims since the last progress.
        epoch: claims ever; only the holder of the latest may write.
        owner: worker and boot that hold the lease.
        lease_until: when another worker may take over.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_by_state", "state", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[float]
    updated_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    attempt: Mapped[int]
    epoch: Mapped[int]
    owner: Mapped[str | None]
    lease_until: Mapped[float | None]
    labels: Mapped[dict[str, str]]
    spec: Mapped[dict[str, Any]]
    progress: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    @property
    def finished(self) -> bool:
        """Whether the state will not change by itself any more."""
        return self.state in FINISHED


class Checkpoint(Base):
    """State of a job's work from which it can be continued; `done` says how far it has come."""

    __tablename__ = "checkpoints"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    done: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]


class IdempotencyKey(Base):
    """A key that a client chose for a request, so that repeating the request starts nothing twice."""

    __tablename__ = "idempotency"

    principal: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    expires_at: Mapped[float]


class WorkerBeat(Base):
    """When a worker was last known to be alive."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[str]
    heartbeat_at: Mapped[float]
