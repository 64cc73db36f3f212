"""One-off scores: how a request becomes a job, and a job work."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints

from diswot.scoring import REFERENCE_SIZE, needs_reference
from diswot.spec.document import from_json, to_json
from diswot.spec.models import Strict, model_of, number
from diswot.spec.option import Declared
from diswot.spec.score import ScoreSpec
from diswot_service.estimate import Estimate, by_rates
from diswot_service.jobs.kind import Accepted, Cancelled, JobKind, Work
from diswot_service.progress import Progress
from diswot_service.requests import FILES, LONGEST_NAME, MOST, Label, SearchRequest, check_feasible
from diswot_service.settings import Settings
from diswot_service.store import Job, Lease, Leases
from diswot_spaces import get_space

Text = Annotated[str, StringConstraints(max_length=LONGEST_NAME)]


def _typed(one: Declared) -> Any:
    return Text if one.type is str else number(one, MOST)


if TYPE_CHECKING:
    from diswot.spec.models import Strict as Request
else:
    Request = model_of(ScoreSpec, Strict, _typed, without=FILES)


class ScoreRequest(Request):
    """The score of one architecture of a named space."""

    arch: Text = Field(description="Architecture to score, as its space writes it.")
    labels: dict[Label, Label] = Field(default_factory=dict, max_length=16, description="Labels for your own use.")


def accept(body: ScoreRequest) -> Accepted:
    """Check what can be checked without torch.

    Raises:
        InputError: the score cannot be had as asked.
    """
    asked = body.model_dump(exclude={"arch", "labels"}, exclude_none=True)
    search = SearchRequest.model_validate(asked).search_spec()
    check_feasible(search)
    get_space(search.space).decode(body.arch)
    whole = to_json(search)
    spec = {field.name: whole[field.name] for field in fields(ScoreSpec)}
    return Accepted(spec | {"arch": body.arch}, body.labels, Progress(done=0, total=1))


def estimate(spec: dict[str, Any], known: Sequence[Job]) -> Estimate:  # noqa: ARG001
    """One network, and the reference sample that the score may need."""
    return by_rates(1, 1 + (REFERENCE_SIZE if needs_reference(spec["score"]) else 0), ())


class ScoreWork:
    """A score on lease.

    Args:
        leases: the store.
        lease: of the job.
        settings: of the service.
    """

    def __init__(self, leases: Leases, lease: Lease, settings: Settings) -> None:
        self.leases, self.lease, self.settings = leases, lease, settings
        self.progress = Progress(done=0, total=1, phase="preparing")

    def run(self) -> dict[str, Any]:
        """Score; see `diswot_service.jobs.kind.Work`."""
        from diswot.workflow import explain

        if self.leases.progress(self.lease, self.progress.model_dump()) == "cancelling":
            raise Cancelled("a client asked the score to stop")
        asked = {name: value for name, value in self.lease.job.spec.items() if name != "arch"}
        spec = from_json(ScoreSpec, asked)
        arch = get_space(spec.space).decode(self.lease.job.spec["arch"])
        explanation = explain(spec, arch, self.settings.compute)
        best = explanation.student.score
        self.progress = Progress(done=1, total=1, percent=100.0, phase="preparing", best_score=best)
        return explanation.model_dump(mode="json")


def start(leases: Leases, lease: Lease, settings: Settings, _stopping: threading.Event) -> Work:
    """The score of a lease."""
    return ScoreWork(leases, lease, settings)


SCORE = JobKind("score", "/v1/scores", ("events",), accept, estimate, start)
