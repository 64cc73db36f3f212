"""What a batch will cost, before it is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from diswot.batch.folder import BatchFolder
from diswot.batch.plan import Job
from diswot.price import Price, Pricer
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec

State = Literal["done", "begun", "new"]


@dataclass(frozen=True, slots=True)
class JobPrice:
    """The price of a search of a batch.

    Attributes:
        job: the search.
        state: `done`, `begun` (it goes on from its checkpoint) or `new`.
        price: of what is left.
    """

    job: Job
    state: State
    price: Price


def price(
    jobs: Sequence[Job], folder: BatchFolder, compute: ComputeSpec, tell: Callable[[str], None]
) -> tuple[list[JobPrice], int]:
    """Price what is left of each search; returns the number of workers too.

    Args:
        jobs: of the plan.
        folder: of the batch; need not exist.
        compute: where it would run.
        tell: called with what is being priced.

    Raises:
        InputError: a probe or a teacher cannot be had as specified.
    """
    pricer = Pricer(compute)
    prices = []
    for job in jobs:
        tell(f"pricing {job.name}")
        if folder.result(job) is not None:
            prices.append(JobPrice(job, "done", Price(job.spec.evaluations, 0, 0.0)))
        elif (begun := folder.begun(job)) is not None:
            prices.append(JobPrice(job, "begun", pricer.price(begun[0])))
        else:
            prices.append(JobPrice(job, "new", pricer.price(Search(job.spec))))
    return prices, compute.count
