"""Percentile bootstrap over architectures: the statistics of a table, and a thousand resampled tables at once.

A resample draws the architectures with replacement, those of one function together: scipy's bootstrap, which draws
rows, would need tables of one length.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diswot.seeds import stream
from diswot_benchmarks.statistics import choice as c
from diswot_benchmarks.statistics import ranking as r
from diswot_benchmarks.statistics.intervals import Interval, Vector, central
from diswot_benchmarks.statistics.ranking import Sample, Weights

Counts = NDArray[np.int64]
"""How often each row of a table counts, `(n,)`."""

RESAMPLES = 1000
FULL = 7000
"""Tables up to this many rows are resampled `RESAMPLES` times, larger ones in proportion less."""


@dataclass(frozen=True)
class Resamples:
    """A table's rows as they stand, and resampled.

    Attributes:
        groups: `(n,)` which rows are drawn together, numbered from 0.
        counts: `(n,)` how often each row stands in the table.
        weights: `(1 + B, n)` counts: of the table itself, and of each resample.
    """

    groups: NDArray[np.int64]
    counts: Counts
    weights: Weights

    @classmethod
    def draw(cls, groups: NDArray[np.int64], counts: Counts, seed: int, resamples: int | None = None) -> Resamples:
        """Groups drawn with replacement, each bringing its rows `counts` times.

        Args:
            groups: `(n,)`.
            counts: `(n,)`.
            seed: of the draw; the same resamples serve every proxy.
            resamples: B; by default as many as the size of the table allows.
        """
        rng = stream(seed, "bootstrap")
        total = int(groups.max()) + 1
        number = resamples_for(len(groups)) if resamples is None else resamples
        weights = np.empty((1 + number, len(groups)), dtype=np.float32)
        weights[0] = counts
        for row in weights[1:]:
            row[:] = np.bincount(rng.integers(total, size=total), minlength=total)[groups] * counts
        return cls(groups, counts, weights)

    def estimate(self, values: Vector, basis: NDArray[np.bool_] | None = None) -> Estimate:
        """A statistic from its values on `weights`, `(1 + B,)`, and the rows that it looks at, by default all."""
        looked_at = self.groups if basis is None else self.groups[basis]
        return Estimate(float(values[0]), values[1:], len(np.unique(looked_at)))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic of a table.

    Attributes:
        value: `nan` where the table does not allow it.
        resampled: `(B,)`, the same on resamples.
        observations: independent ones that it is computed from.
    """

    value: float
    resampled: Vector
    observations: int

    @property
    def interval(self) -> Interval:
        """The central 95% of the resamples; none for a value that is none."""
        return central(self.resampled, self.observations) if math.isfinite(self.value) else Interval(math.nan, math.nan)

    def __sub__(self, other: Estimate) -> Estimate:
        """The difference of two statistics on the same resamples."""
        observations = min(self.observations, other.observations)
        return Estimate(self.value - other.value, self.resampled - other.resampled, observations)


@dataclass(frozen=True)
class Statistic:
    """A column of the table of statistics.

    Attributes:
        title: its head.
        meaning: one sentence for readers.
        of: its values on resamples, `(B,)`.
        basis: `(n,)` which architectures it is computed from, by default all.
    """

    title: str
    meaning: str
    of: Callable[[Sample, Weights], Vector]
    basis: Callable[[Sample, Weights], NDArray[np.bool_]] | None = None

    def estimate(self, sample: Sample, resamples: Resamples) -> Estimate:
        """The statistic of the table, and on resamples of it."""
        basis = None if self.basis is None else self.basis(sample, resamples.weights[:1])
        return resamples.estimate(self.of(sample, resamples.weights), basis)


def resamples_for(n: int) -> int:
    """How many resamples a table of `n` rows gets: 1,000, above 7,000 rows fewer, so that the work stays the same."""
    return RESAMPLES if n <= FULL else max(200, RESAMPLES * FULL // n)


def _best(t: Sample, table: Weights) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = c.best(t.accuracy, table)[0]
    return found


def _regret(t: Sample, w: Weights) -> Vector:
    of_params = c.regret(t.score, t.accuracy, t.params, t.params_limits, w)
    return (of_params + c.regret(t.score, t.accuracy, t.macs, t.macs_limits, w)) / 2


STATISTICS: dict[str, Statistic] = {
    "tau": Statistic(
        "Kendall tau-b",
        "concordant minus discordant pairs, corrected for ties",
        lambda t, w: r.kendall(t.score, t.accuracy, w),
    ),
    "spearman": Statistic("Spearman", "correlation of the ranks", lambda t, w: r.spearman(t.score, t.accuracy, w)),
    "pearson": Statistic(
        "Pearson",
        "correlation of the values; parameters and MACs enter as logarithms",
        lambda t, w: r.pearson(t.score, t.accuracy, w),
    ),
    "tau_top10": Statistic(
        "tau top 10%",
        "tau-b among the best tenth by true accuracy",
        lambda t, w: c.kendall_top(t.score, t.accuracy, w),
        _best,
    ),
    "tau_budget": Statistic(
        "tau same params",
        "tau-b over pairs whose parameters differ by at most 5%",
        lambda t, w: r.kendall_iso_cost(t.score, t.accuracy, t.params, w),
        lambda t, _: r.has_iso_cost(t.params),
    ),
    "tau_budget_macs": Statistic(
        "tau same MACs",
        "tau-b over pairs whose MACs differ by at most 5%",
        lambda t, w: r.kendall_iso_cost(t.score, t.accuracy, t.macs, w),
        lambda t, _: r.has_iso_cost(t.macs),
    ),
    "precision10": Statistic(
        "precision 10%",
        "of the first tenth by score, the share that is in the best tenth by accuracy",
        lambda t, w: c.precision(t.score, t.accuracy, w),
        _best,
    ),
    "regret": Statistic(
        "regret (points)",
        "percentage points lost to the best affordable architecture, mean over 20 budgets of parameters and 20 of MACs",
        _regret,
    ),
}
"""Every statistic of the correlation table, in its order."""
