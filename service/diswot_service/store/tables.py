"""The tables of the job store. `diswot_service.store.migrations` makes them; a test holds the two together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ACTIVE = ("queued", "running", "cancelling")
FINISHED = ("succeeded", "failed", "cancelled")
STATES = (*ACTIVE, *FINISHED)
LOCAL = "local"
"""The one principal while there is no authentication: whoever reaches this machine."""


class Base(DeclarativeBase):
    """Base of the tables; dictionaries are kept as JSON."""

    type_annotation_map = {dict[str, Any]: JSON, dict[str, str]: JSON}  # noqa: RUF012 - SQLAlchemy reads it so


class Job(Base):
    """A job: resource of the API, entry of the queue and lease at once. Times are seconds since 1970.

    Attributes:
        principal: who asked for it; nobody else sees it.
        version: raised with every change that a client can see; the ETag.
        attempt: claims since the last progress.
        epoch: claims ever; only the holder of the latest may write.
        owner: worker and boot that hold the lease.
        lease_until: when another worker may take over.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_by_state", "state", "id"), Index("jobs_by_principal", "principal", "kind", "id"))

    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
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
    """State of a job's work from which it can be continued, less what its increments hold.

    Attributes:
        done: how far the work has come.
        state: JSON.
        sha256: of the state.
    """

    __tablename__ = "checkpoints"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    done: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]


class Increment(Base):
    """What the growing lists of a job's state gained with one checkpoint; see `diswot_service.store.growth`."""

    __tablename__ = "increments"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    changes: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]


class Candidate(Base):
    """A candidate of a search, as clients see it.

    Attributes:
        number: place in the order of evaluation, from 0.
        arch: string of the architecture.
        score: the higher the better; `None` if its network failed.
        details: JSON: what else there is to know.
    """

    __tablename__ = "candidates"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    arch: Mapped[str]
    score: Mapped[float | None]
    details: Mapped[dict[str, Any]]


class Event(Base):
    """What happened to a job: numbered without gaps, and never changed.

    Attributes:
        type: `state`, `progress` or `restarted`.
        data: JSON.
    """

    __tablename__ = "events"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    type: Mapped[str]
    data: Mapped[dict[str, Any]]


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


class ApiKey(Base):
    """A key that lets somebody in; the key itself is shown once, when it is made.

    Attributes:
        id: begins the key, and names it in lists.
        principal: whose jobs it reaches.
        scope: `read`, `write` or `admin`; each holds the ones before it.
        sha256: of the whole key, which is too long to be guessed, so that no slow hash is needed.
        revoked_at: when it stopped being one.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    scope: Mapped[str]
    sha256: Mapped[str]
    created_at: Mapped[float]
    revoked_at: Mapped[float | None]
