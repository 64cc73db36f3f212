"""What a batch will cost, before it is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from diswot.batch.folder import BatchFolder
from diswot.batch.plan import PlannedSearch
from diswot.estimate import Estimate, Estimator
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec

State = Literal["done", "begun", "new"]


@dataclass(frozen=True, slots=True)
class SearchEstimate:
    """The estimate of a search of a batch.

    Attributes:
        job: the search.
        state: `done`, `begun` (it goes on from its checkpoint) or `new`.
        estimate: of what is left.
    """

    job: PlannedSearch
    state: State
    estimate: Estimate


def estimate(
    jobs: Sequence[PlannedSearch], folder: BatchFolder, compute: ComputeSpec, tell: Callable[[str], None]
) -> tuple[list[SearchEstimate], int]:
    """Estimate what is left of each search; returns the number of workers too.

    Args:
        jobs: of the plan.
        folder: of the batch; need not exist.
        compute: where it would run.
        tell: called with what is being estimated.

    Raises:
        InputError: a probe or a teacher cannot be had as specified.
    """
    estimator = Estimator(compute)
    estimates = []
    for job in jobs:
        tell(f"estimating {job.name}")
        if folder.result(job) is not None:
            estimates.append(SearchEstimate(job, "done", Estimate(job.spec.evaluations, 0, 0.0)))
        elif (begun := folder.begun(job)) is not None:
            estimates.append(SearchEstimate(job, "begun", estimator.estimate(begun[0])))
        else:
            estimates.append(SearchEstimate(job, "new", estimator.estimate(Search(job.spec))))
    return estimates, compute.count
