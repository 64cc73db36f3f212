"""Percentile bootstrap intervals, and when there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats

Vector = NDArray[np.float64]

LEVEL = 95.0

FEWEST = 5
"""Observations that an interval needs: of four, even the perfect order is luck in 2 of 24 cases."""

RESAMPLES = 2000
"""Of a mean over runs, or another statistic that takes no time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The central 95% of resamples.

    Attributes:
        low: lower end; `nan` where there is no interval.
        high: upper end, likewise.
        undefined: resamples in which the statistic is not defined; they are left out.
        too_few: whether there is no interval because there are fewer than `FEWEST` observations.
    """

    low: float
    high: float
    undefined: int = 0
    too_few: bool = False


def central(resampled: Vector, observations: int) -> Interval:
    """The interval of a statistic from its values on resamples.

    Args:
        resampled: `(B,)`.
        observations: independent ones that each resample draws from.
    """
    if observations < FEWEST:
        return Interval(math.nan, math.nan, too_few=True)
    finite = resampled[np.isfinite(resampled)]
    undefined = len(resampled) - len(finite)
    if not len(finite):
        return Interval(math.nan, math.nan, undefined)
    low, high = np.percentile(finite, [50 - LEVEL / 2, 50 + LEVEL / 2])
    return Interval(float(low), float(high), undefined)


def resample(statistic: Callable[..., Any], rng: Generator, *series: Vector) -> Interval:
    """The interval of a statistic of one or several series that belong together, entry by entry.

    Args:
        statistic: takes the series and an `axis`, as numpy's reductions do.
        rng: draws.
        series: each `(n,)`.
    """
    n = len(series[0])
    if n < FEWEST:
        return Interval(math.nan, math.nan, too_few=True)
    found = stats.bootstrap(
        series, statistic, paired=True, vectorized=True, n_resamples=RESAMPLES, method="percentile", rng=rng
    )
    return central(found.bootstrap_distribution, n)
