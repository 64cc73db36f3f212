"""What a job will take, before it starts: counted, and timed by the jobs of its like that have run here."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pydantic import BaseModel

from diswot_service.store import Job


class Estimate(BaseModel):
    """What a job will take, at most.

    Attributes:
        evaluations: that it is allowed.
        networks: to be built and evaluated for them, with the reference sample and the finalists.
        seconds: by the rate of the latest jobs of its like that succeeded here; `null` where there are none.
        based_on: how many those are.
    """

    evaluations: int
    networks: int
    seconds: float | None
    based_on: int


def by_rates(evaluations: int, networks: int, alike: Sequence[Job], at_most: float | None = None) -> Estimate:
    """An estimate by the rates of jobs that are alike.

    Args:
        evaluations: that are allowed.
        networks: that will be evaluated.
        alike: jobs that have succeeded.
        at_most: seconds after which the job stops by itself.
    """
    rates = [rate for job in alike if (rate := job.progress.get("rate_per_s"))]
    seconds = networks / median(rates) if rates else None
    if seconds is not None and at_most is not None:
        seconds = min(seconds, at_most)
    rounded = None if seconds is None else float(f"{seconds:.2g}")
    return Estimate(evaluations=evaluations, networks=networks, seconds=rounded, based_on=len(rates))
