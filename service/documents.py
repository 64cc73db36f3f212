"""What clients get: jobs and pages of jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel

from service.problems import Problem
from service.tables import Job

State = Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled"]


class Progress(BaseModel):
    """How far a job has come.

    Attributes:
        done: measurements made, those of the reference sample included.
        total: measurements to make, as far as known.
        percent: `done` of `total`.
        phase: `preparing`, `reference` (the sample that scores are scaled by), `evolving`, `finalists` (the best get
            their other initialisations); `null` before it starts.
        rate_per_s: measurements a second since this attempt began.
        eta_s: seconds that the rest will take at that rate.
        best_score: of the candidates so far.
    """

    done: int
    total: int
    percent: float
    phase: Literal["preparing", "reference", "evolving", "finalists"] | None = None
    rate_per_s: float | None = None
    eta_s: float | None = None
    best_score: float | None = None


class SearchJob(BaseModel):
    """A search; the job is its own status monitor.

    Attributes:
        result: the document of docs/result.md once the state is `succeeded`.
        error: once the state is `failed`.
    """

    id: str
    kind: Literal["search"]
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
    result: dict[str, Any] | None
    error: Problem | None
    links: dict[str, str]


class SearchPage(BaseModel):
    """Searches, the newest first; `next_page_token` is empty on the last page."""

    items: list[SearchJob]
    next_page_token: str


def etag(job: Job) -> str:
    """The quoted version of a job, as in the `ETag` header."""
    return f'"{job.version}"'


def search_document(job: Job) -> dict[str, Any]:
    """A search as `SearchJob` describes it."""
    self = f"/v1/searches/{job.id}"
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "etag": etag(job),
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "updated_at": _time(job.updated_at),
        "finished_at": _time(job.finished_at),
        "expires_at": None,
        "attempt": job.attempt,
        "labels": job.labels,
        "spec": job.spec,
        "progress": Progress(**job.progress).model_dump(),
        "result": job.result,
        "error": job.error,
        "links": {"self": self, "cancel": f"{self}:cancel"},
    }


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
