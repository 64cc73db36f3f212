"""What clients get: jobs, their events, and their candidates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel

from diswot_service.estimate import Estimate
from diswot_service.jobs import JobKind
from diswot_service.problems import Problem
from diswot_service.progress import Progress
from diswot_service.settings import Settings
from diswot_service.store import Candidate, Event, Job

State = Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled"]


class JobSummary(BaseModel):
    """A job, as lists show it.

    Attributes:
        expires_at: when it will be removed, if it is not kept until it is deleted.
        attempt: times that a worker has taken it up since it last got further.
        spec: what was asked for, with every default filled in.
        error: once the state is `failed`.
    """

    id: str
    kind: str
    state: State
    etag: str
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    attempt: int
    labels: dict[str, str]
    spec: dict[str, Any]
    progress: Progress
    error: Problem | None
    links: dict[str, str]


class JobDocument(JobSummary):
    """A job; it is its own status monitor.

    Attributes:
        result: once the state is `succeeded`; of a search, the document of docs/reference/result.md.
    """

    result: dict[str, Any] | None


class JobPage(BaseModel):
    """Jobs, the newest first; `next_page_token` is empty on the last page."""

    items: list[JobSummary]
    next_page_token: str


class DryRun(BaseModel):
    """What `validate_only` answers: the spec with every default filled in, and what it will take."""

    spec: dict[str, Any]
    estimate: Estimate


class EventItem(BaseModel):
    """What happened to a job.

    Attributes:
        seq: its number, counted from 1 without gaps.
        type: `state`, `progress` with each checkpoint, or `restarted` where the work had to begin anew.
    """

    seq: int
    at: datetime
    type: Literal["state", "progress", "restarted"]
    data: dict[str, Any]


class EventList(BaseModel):
    """Events of a job, in order; ask for those after the last one's `seq` to go on."""

    items: list[EventItem]


class CandidateItem(BaseModel):
    """A candidate of a search.

    Attributes:
        number: place in the order of evaluation, from 0.
        arch: string of the architecture.
        score: mean over its initializations; `null` if its network failed.
        details: its costs, its number of initializations, what each term adds to its score, and why it failed.
    """

    number: int
    arch: str
    score: float | None
    details: dict[str, Any]


class CandidatePage(BaseModel):
    """Candidates of a search; `next_page_token` is empty on the last page."""

    items: list[CandidateItem]
    next_page_token: str


def etag(job: Job) -> str:
    """The quoted version of a job, as in the `ETag` header."""
    return f'"{job.version}"'


def job_summary(job: Job, kind: JobKind, settings: Settings) -> dict[str, Any]:
    """A job as `JobSummary` describes it.

    Args:
        job: its row.
        kind: of it.
        settings: of the service.
    """
    self, lifetime = f"{settings.root_path}{kind.collection}/{job.id}", settings.lifetime
    expires = None if job.finished_at is None or lifetime is None else job.finished_at + lifetime
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "etag": etag(job),
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "updated_at": _time(job.updated_at),
        "finished_at": _time(job.finished_at),
        "expires_at": _time(expires),
        "attempt": job.attempt,
        "labels": job.labels,
        "spec": job.spec,
        "progress": progress_of(job),
        "error": job.error,
        "links": {
            "self": self,
            "cancel": f"{self}:cancel",
            "resume": f"{self}:resume",
            **{part: f"{self}/{part}" for part in kind.parts},
        },
    }


def progress_of(job: Job) -> dict[str, Any]:
    """How far a job has come, with every field."""
    return Progress(**job.progress).model_dump()


def job_document(job: Job, kind: JobKind, settings: Settings) -> dict[str, Any]:
    """A job as `JobDocument` describes it."""
    return {**job_summary(job, kind, settings), "result": job.result}


def event_item(event: Event) -> dict[str, Any]:
    """An event as `EventItem` describes it."""
    return {"seq": event.seq, "at": _time(event.at), "type": event.type, "data": event.data}


def candidate_item(candidate: Candidate) -> Mapping[str, Any]:
    """A candidate as `CandidateItem` describes it."""
    return {name: getattr(candidate, name) for name in CandidateItem.model_fields}


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
