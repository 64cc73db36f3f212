"""Percentile bootstrap over architectures: every statistic on a thousand resampled tables at once.

A resample draws the architectures of the table with replacement, those of one function together, so it is a vector of
counts. Each statistic here takes many such vectors, `weights (B, n)`, and gives what its definition gives on the table
in which architecture `i` stands `weights[b, i]` times; tests hold the two together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.statistics import definitions as s
from benchmarks.statistics.definitions import Sample
from benchmarks.statistics.intervals import Interval, Vector, central
from diswot.seeds import stream

Counts = NDArray[np.int64]
"""How often each row of a table counts, `(n,)`."""

Weights = NDArray[np.float32]
"""Counts of the architectures in each resample, `(B, n)`."""

RESAMPLES = 1000
FULL = 7000
"""Tables up to this many rows are resampled `RESAMPLES` times, larger ones in proportion less."""

_BLOCK = 256
_DENSE = 1000
"""Up to this many rows the matrix of all pairs is faster than sorting each resample."""


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
    """A row of the table of statistics.

    Attributes:
        title: head of its column.
        meaning: one sentence for readers.
        exact: the definition.
        resampled: the same for many resamples, `(B,)`.
        basis: `(n,)` which architectures it is computed from, by default all.
    """

    title: str
    meaning: str
    exact: Callable[[Sample], float]
    resampled: Callable[[Sample, Weights], Vector]
    basis: Callable[[Sample], NDArray[np.bool_]] = lambda t: np.ones(len(t.score), dtype=bool)


def resamples_for(n: int) -> int:
    """How many resamples a table of `n` rows gets: 1,000, above 7,000 rows fewer, so that the work stays the same."""
    return RESAMPLES if n <= FULL else max(200, RESAMPLES * FULL // n)


def draw(groups: NDArray[np.int64], counts: Counts, resamples: int, seed: int) -> Weights:
    """Resampled counts `(resamples, n)`: groups drawn with replacement, each bringing its rows `counts` times.

    Args:
        groups: `(n,)` which rows belong together, numbered from 0.
        counts: `(n,)` how often each row stands in the table.
        resamples: B.
        seed: of the draw; the same resamples serve every proxy.
    """
    rng = stream(seed, "bootstrap")
    total = int(groups.max()) + 1
    weights = np.empty((resamples, len(groups)), dtype=np.float32)
    for row in weights:
        row[:] = np.bincount(rng.integers(total, size=total), minlength=total)[groups] * counts
    return weights


def estimate(
    statistic: Statistic, sample: Sample, groups: NDArray[np.int64], counts: Counts, weights: Weights
) -> Estimate:
    """The statistic of the table by its definition, and on resamples.

    Args:
        statistic: one of `STATISTICS`.
        sample: the table, each architecture once.
        groups: `(n,)` which rows are drawn together.
        counts: `(n,)` how often each row stands in the table.
        weights: `(B, n)` resamples of it.
    """
    table = sample.repeat(counts)
    observations = len(np.unique(np.repeat(groups, counts)[statistic.basis(table)]))
    return Estimate(statistic.exact(table), statistic.resampled(sample, weights), observations)


def tau_of(score: Vector, accuracy: Vector, groups: NDArray[np.int64], counts: Counts, weights: Weights) -> Estimate:
    """Kendall's tau-b of a score, as `estimate` would have it, without costs."""
    value = s.kendall(np.repeat(score, counts), np.repeat(accuracy, counts))
    return Estimate(value, kendall(score, accuracy, weights), len(np.unique(groups)))


def kendall(x: Vector, y: Vector, weights: Weights, ends: NDArray[np.intp] | None = None) -> Vector:
    """Tau-b of each resample: sums over pairs as products of the counts with blocks of the matrix of signs.

    Args:
        x: `(n,)`.
        y: `(n,)`.
        weights: `(B, n)`.
        ends: for each row one past the last that it is paired with; by default all rows behind it.
    """
    n = len(x)
    if ends is None and n > _DENSE:
        return np.array([s.kendall(np.repeat(x, row), np.repeat(y, row)) for row in weights.astype(np.int64)])
    ends = np.full(n, n) if ends is None else ends
    sums = np.zeros((3, len(weights)))
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n))
        columns = slice(start, int(ends[rows].max()))
        index = np.arange(start, columns.stop)
        paired = (index > np.arange(n)[rows, None]) & (index < ends[rows, None])
        dx = np.sign(x[columns] - x[rows, None]).astype(np.float32) * paired
        dy = np.sign(y[columns] - y[rows, None]).astype(np.float32) * paired
        for k, signs in enumerate((dx * dy, np.abs(dx), np.abs(dy))):
            sums[k] += (weights[:, rows] * (weights[:, columns] @ signs.T)).sum(1, dtype=np.float64)
    agreement, untied_x, untied_y = sums
    return _ratio(agreement, np.sqrt(untied_x * untied_y))


def spearman(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Spearman's rho of each resample."""
    return _pearson(_ranks(x, weights), _ranks(y, weights), weights)


def pearson(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Pearson's correlation of each resample."""
    return _pearson((x - x.mean())[None], (y - y.mean())[None], weights)


def kendall_top(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Tau-b among the best tenth of each resample."""
    top = weights * _best(y, weights)
    seen = top.any(0)
    return kendall(x[seen], y[seen], top[:, seen])


def kendall_near(x: Vector, y: Vector, cost: Vector, weights: Weights) -> Vector:
    """Tau-b over the pairs of near-equal budget of each resample."""
    order = np.argsort(cost, kind="stable")
    return kendall(x[order], y[order], weights[:, order], s.near_ends(cost[order]))


def precision(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Precision at a tenth of each resample."""
    k = _quota(weights)
    border = _kth(x, weights)[:, None]
    above, tied = weights * (x > border), weights * (x == border)
    share = (k - above.sum(1)) / tied.sum(1)
    hits = _best(y, weights)
    found: Vector = ((above * hits).sum(1) + share * (tied * hits).sum(1)) / k
    return found


def regret(x: Vector, y: Vector, cost: Vector, limits: Vector, weights: Weights) -> Vector:
    """Mean regret of each resample over the budgets that afford something in it."""
    by_score, by_accuracy = np.argsort(-x, kind="stable"), np.argsort(-y, kind="stable")
    losses = np.stack(
        [
            _first(y, y, by_accuracy[cost[by_accuracy] <= limit], weights)
            - _first(x, y, by_score[cost[by_score] <= limit], weights)
            for limit in limits
        ]
    )
    afforded = np.isfinite(losses)
    return _ratio(np.where(afforded, losses, 0.0).sum(0), afforded.sum(0).astype(float))


def _first(x: Vector, y: Vector, order: NDArray[np.intp], weights: Weights) -> Vector:
    """For each resample, the mean `y` of its first rows in `order`, ties in `x` together; `nan` if it has none."""
    result = np.full(len(weights), math.nan)
    left = np.arange(len(weights))
    _, sizes = np.unique(-x[order], return_counts=True)
    edges = [0, *np.cumsum(sizes)]
    for start, end in pairwise(edges):
        rows = order[start:end]
        held = weights[np.ix_(left, rows)].astype(np.float64)
        count = held.sum(1)
        found = count > 0
        result[left[found]] = (held[found] @ y[rows]) / count[found]
        left = left[~found]
        if not len(left):
            break
    return result


def _quota(weights: Weights) -> Vector:
    quota: Vector = np.ceil(s.TOP * weights.sum(1, dtype=np.float64) - 1e-9)
    return quota


def _kth(values: Vector, weights: Weights) -> Vector:
    """In each resample, the value at the border of the best tenth."""
    order = np.argsort(-values, kind="stable")
    reached = np.cumsum(weights[:, order], axis=1, dtype=np.float64) >= _quota(weights)[:, None]
    border: Vector = values[order][reached.argmax(1)]
    return border


def _best(accuracy: Vector, weights: Weights) -> NDArray[np.bool_]:
    best: NDArray[np.bool_] = accuracy >= _kth(accuracy, weights)[:, None]
    return best


def _ranks(values: Vector, weights: Weights) -> Vector:
    """Mean ranks `(B, n)` of the values in each resample."""
    order = np.argsort(values, kind="stable")
    _, starts, inverse = np.unique(values[order], return_index=True, return_inverse=True)
    sizes = np.add.reduceat(weights[:, order].astype(np.float64), starts, axis=1)
    ranks = np.empty(weights.shape)
    ranks[:, order] = (np.cumsum(sizes, axis=1) - sizes / 2)[:, inverse]
    return ranks


def _pearson(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Weighted correlation of each row of `x` and `y`, `(B, n)` or `(1, n)`."""
    w = weights.astype(np.float64)
    total = w.sum(1, keepdims=True)
    dx, dy = (v - (w * v).sum(1, keepdims=True) / total for v in (x, y))
    xx, yy, xy = ((w * a * b).sum(1) for a, b in ((dx, dx), (dy, dy), (dx, dy)))
    return _ratio(xy, np.sqrt(xx * yy))


def _ratio(top: Vector, bottom: Vector) -> Vector:
    return np.divide(top, bottom, out=np.full_like(top, math.nan), where=bottom > 0)


STATISTICS: dict[str, Statistic] = {
    "tau": Statistic(
        "Kendall tau-b",
        "concordant minus discordant pairs, corrected for ties",
        lambda t: s.kendall(t.score, t.accuracy),
        lambda t, w: kendall(t.score, t.accuracy, w),
    ),
    "spearman": Statistic(
        "Spearman",
        "correlation of the ranks",
        lambda t: s.spearman(t.score, t.accuracy),
        lambda t, w: spearman(t.score, t.accuracy, w),
    ),
    "pearson": Statistic(
        "Pearson",
        "correlation of the values; parameters and MACs enter as logarithms",
        lambda t: s.pearson(t.score, t.accuracy),
        lambda t, w: pearson(t.score, t.accuracy, w),
    ),
    "tau_top10": Statistic(
        "tau top 10%",
        "tau-b among the best tenth by true accuracy",
        lambda t: s.kendall_top(t.score, t.accuracy),
        lambda t, w: kendall_top(t.score, t.accuracy, w),
        lambda t: s.best(t.accuracy),
    ),
    "tau_budget": Statistic(
        "tau same params",
        "tau-b over pairs whose parameters differ by at most 5%",
        lambda t: s.kendall_near(t.score, t.accuracy, t.params),
        lambda t, w: kendall_near(t.score, t.accuracy, t.params, w),
        lambda t: s.has_near(t.params),
    ),
    "tau_budget_macs": Statistic(
        "tau same MACs",
        "tau-b over pairs whose MACs differ by at most 5%",
        lambda t: s.kendall_near(t.score, t.accuracy, t.macs),
        lambda t, w: kendall_near(t.score, t.accuracy, t.macs, w),
        lambda t: s.has_near(t.macs),
    ),
    "precision10": Statistic(
        "precision 10%",
        "of the first tenth by score, the share that is in the best tenth by accuracy",
        lambda t: s.precision(t.score, t.accuracy),
        lambda t, w: precision(t.score, t.accuracy, w),
        lambda t: s.best(t.accuracy),
    ),
    "regret": Statistic(
        "regret (points)",
        "percentage points lost to the best affordable architecture, mean over 20 budgets of parameters and 20 of MACs",
        lambda t: (
            (
                s.regret(t.score, t.accuracy, t.params, t.params_limits)
                + s.regret(t.score, t.accuracy, t.macs, t.macs_limits)
            )
            / 2
        ),
        lambda t, w: (
            (
                regret(t.score, t.accuracy, t.params, t.params_limits, w)
                + regret(t.score, t.accuracy, t.macs, t.macs_limits, w)
            )
            / 2
        ),
    ),
}
"""Every statistic of the correlation table, in its order."""
