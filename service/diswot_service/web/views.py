"""What the pages show of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from diswot.errors import InputError
from diswot.quantities import say_duration
from diswot.report.document import RESULT_SCHEMA
from diswot.report.view import Row, SearchView
from diswot.spec.document import from_json
from diswot.spec.search import SearchSpec
from diswot_service.documents import progress_of
from diswot_service.store import Candidate, Job

PHASES = {
    None: "waiting for a worker",
    "preparing": "getting ready",
    "reference": "measuring the reference sample",
    "exploring": "evaluating candidates",
    "finalists": "making sure of the finalists",
    "relaxation": "looking just beyond the limits",
}
"""Phases of a search in words."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job, as pages show it.

    Attributes:
        job: its row.
        asked: its spec; `None` where it is of another version, or of a space that is gone.
    """

    job: Job
    asked: SearchSpec | None

    @staticmethod
    def of(job: Job) -> JobView:
        """The view of a job."""
        try:
            return JobView(job, from_json(SearchSpec, job.spec))
        except InputError:
            return JobView(job, None)

    @property
    def given_name(self) -> str:
        """What a person calls it, if that was said."""
        return self.job.labels.get("name", "")

    @property
    def name(self) -> str:
        """The name that it was given, or else that of the teacher."""
        return self.given_name or str(self.job.spec.get("teacher", {}).get("name", self.job.kind))

    @property
    def distillable(self) -> str | None:
        """The recommended student, where a distillation can name it."""
        found = self.job.result and isinstance(self.job.spec.get("space"), str)
        return self.job.result["recommended"]["arch"] if found and self.job.result else None

    @property
    def teacher(self) -> str:
        """Who teaches what."""
        return self.asked.teacher.title if self.asked else str(self.job.spec.get("teacher", {}).get("name", "–"))

    @property
    def space(self) -> str:
        """Where students are looked for."""
        space = self.job.spec.get("space", "–")
        return space if isinstance(space, str) else str(space.get("name", "a space of your own"))

    @property
    def limits(self) -> str:
        """What students may cost."""
        return str(self.asked.constraints) if self.asked else "–"

    @property
    def created(self) -> str:
        """When it was asked for."""
        return datetime.fromtimestamp(self.job.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")

    @property
    def percent(self) -> float:
        """How far it has come."""
        return float(self.job.progress.get("percent", 0.0))

    @property
    def doing(self) -> str:
        """What goes on, in words."""
        return say_progress(self.job)

    @property
    def best(self) -> float | None:
        """The best score so far."""
        score = self.job.progress.get("best_score")
        return None if score is None else float(score)

    @property
    def labels(self) -> dict[str, str]:
        """Its labels but for the name."""
        return {name: value for name, value in self.job.labels.items() if name != "name"}

    def search(self) -> SearchView | None:
        """The search, as its page shows it."""
        result = self.job.result
        readable = result is not None and result.get("schema") == RESULT_SCHEMA
        return None if self.asked is None else SearchView(self.asked, result if readable else None)


def say_progress(job: Job) -> str:
    """How far a job has come, in a few words."""
    progress = progress_of(job)
    parts = [PHASES.get(progress["phase"], str(progress["phase"]))]
    if job.state == "queued":
        parts = [PHASES[None] + (", to go on from its last checkpoint" if progress["done"] else "")]
    elif job.state == "cancelling":
        parts = ["stopping"]
    parts.append(f"{progress['done']:,} of {progress['total']:,}")
    if progress["rate_per_s"] and job.state == "running":
        parts.append(f"{progress['rate_per_s']:.3g} a second")
    if progress["eta_s"] and job.state == "running":
        parts.append(f"about {say_duration(progress['eta_s'])} left")
    if progress["best_score"] is not None:
        parts.append(f"best score {progress['best_score']:.3f}")
    return ", ".join(parts)


def row_of(one: Candidate) -> Row:
    """A candidate, as the scripts of the page take it."""
    details: dict[str, Any] = one.details
    costs = {name: details.get(name) for name in ("params", "macs", "memory", "latency")}
    return {
        "number": one.number,
        "arch": one.arch,
        "score": one.score,
        "inits": details.get("initializations", 0),
        "terms": details.get("terms"),
        "failure": details.get("failure"),
        **costs,
    }
