"""How well a score ranks: each statistic by its definition, for one table of architectures.

Scores and accuracies are compared with their signs as they are: a proxy that ranks upside down is negative here. What
cannot be said of a table (a constant score has no correlation, nor has one with a `nan`) is `nan`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.statistics.intervals import Vector

TOP = 0.1
"""The best tenth of a table, for `tau_top` and `precision`."""

NEAR = 0.05
"""Budgets are near-equal where the larger exceeds the smaller by at most this share of the smaller."""

BUDGETS = 20
"""Budgets of parameters, and as many of MACs, that regret is averaged over."""


@dataclass(frozen=True)
class Sample:
    """One proxy and one accuracy over the same architectures, each of them once.

    Attributes:
        score: `(n,)`, higher is better.
        accuracy: `(n,)`, percent.
        params: `(n,)` parameters.
        macs: `(n,)` multiply-accumulates.
        params_limits: budgets of parameters that regret is taken at.
        macs_limits: budgets of MACs that regret is taken at.
    """

    score: Vector
    accuracy: Vector
    params: Vector
    macs: Vector
    params_limits: Vector
    macs_limits: Vector

    def repeat(self, counts: NDArray[np.int64]) -> Sample:
        """The table in which architecture `i` stands `counts[i]` times; the budgets stay."""
        score, accuracy, params, macs = (
            np.repeat(column, counts) for column in (self.score, self.accuracy, self.params, self.macs)
        )
        return Sample(score, accuracy, params, macs, self.params_limits, self.macs_limits)


def kendall(score: Vector, accuracy: Vector) -> float:
    """Kendall's tau-b: concordant minus discordant pairs, over the geometric mean of the pairs not tied in either."""
    if _unrankable(score, accuracy):
        return math.nan
    return float(stats.kendalltau(score, accuracy, variant="b").statistic)


def spearman(score: Vector, accuracy: Vector) -> float:
    """Spearman's rho: Pearson's correlation of the ranks, tied values sharing their mean rank."""
    if _unrankable(score, accuracy):
        return math.nan
    return float(stats.spearmanr(score, accuracy).statistic)


def pearson(score: Vector, accuracy: Vector) -> float:
    """Pearson's correlation of the values themselves; it changes when a score is, say, put on a log scale."""
    if _unrankable(score, accuracy):
        return math.nan
    return float(stats.pearsonr(score - score.mean(), accuracy - accuracy.mean()).statistic)


def best(accuracy: Vector, share: float = TOP) -> NDArray[np.bool_]:
    """Which architectures are among the best `share` by true accuracy, ties with the last of them included.

    Example:
        >>> best(np.array([90.0, 70.0, 80.0, 80.0]), 0.5)
        array([ True, False,  True,  True])
    """
    k = quota(len(accuracy), share)
    top: NDArray[np.bool_] = accuracy >= np.sort(accuracy)[-k]
    return top


def quota(n: int, share: float = TOP) -> int:
    """How many architectures are `share` of `n`, rounded up."""
    return math.ceil(share * n - 1e-9)


def kendall_top(score: Vector, accuracy: Vector, share: float = TOP) -> float:
    """Tau-b among the best `share` by true accuracy: whether the proxy still ranks where the choice is made."""
    top = best(accuracy, share)
    return kendall(score[top], accuracy[top])


def kendall_near(score: Vector, accuracy: Vector, cost: Vector, tolerance: float = NEAR) -> float:
    """Tau-b over the pairs of near-equal budget: whether the proxy says more than the cost does.

    Pairs whose costs differ by at most `tolerance` of the smaller count: concordant minus discordant, over the
    geometric mean of the number of these pairs that are not tied in score and of those not tied in accuracy.

    Args:
        score: `(n,)`.
        accuracy: `(n,)`.
        cost: `(n,)`, positive.
        tolerance: share of the smaller cost.
    """
    if not _finite(score, accuracy, cost):
        return math.nan
    order = np.argsort(cost, kind="stable")
    x, y = score[order], accuracy[order]
    agreement = untied_x = untied_y = 0.0
    for i, end in enumerate(near_ends(cost[order], tolerance)):
        dx, dy = np.sign(x[i + 1 : end] - x[i]), np.sign(y[i + 1 : end] - y[i])
        agreement += float(dx @ dy)
        untied_x += float(np.abs(dx).sum())
        untied_y += float(np.abs(dy).sum())
    return agreement / math.sqrt(untied_x * untied_y) if untied_x and untied_y else math.nan


def near_ends(cost: Vector, tolerance: float = NEAR) -> NDArray[np.intp]:
    """For each of the sorted costs, one past the last that is near-equal to it.

    Example:
        >>> near_ends(np.array([100.0, 105.0, 106.0, 200.0]))
        array([2, 3, 3, 4])
    """
    return np.searchsorted(cost, cost * (1 + tolerance) * (1 + 1e-12), "right")


def has_near(cost: Vector, tolerance: float = NEAR) -> NDArray[np.bool_]:
    """Which architectures are in a pair of near-equal costs.

    Example:
        >>> has_near(np.array([200.0, 100.0, 105.0]))
        array([False,  True,  True])
    """
    order = np.argsort(cost, kind="stable")
    near_next = near_ends(cost[order], tolerance) > np.arange(len(cost)) + 1
    found = np.empty(len(cost), dtype=bool)
    found[order] = near_next | np.concatenate([[False], near_next[:-1]])
    return found


def precision(score: Vector, accuracy: Vector, share: float = TOP) -> float:
    """Of the first `share` by score, how many are among the best `share` by true accuracy.

    Where a tie in score straddles the border, its architectures share the places left, as random order would have it.
    """
    if not _finite(score, accuracy):
        return math.nan
    k = quota(len(score), share)
    border = np.sort(score)[-k]
    above, tied = score > border, score == border
    places = above + tied * ((k - above.sum()) / tied.sum())
    return float(places[best(accuracy, share)].sum() / k)


def budgets(cost: Vector, count: int = BUDGETS) -> Vector:
    """The costs at `count` evenly spaced quantiles of a table, the largest included.

    Example:
        >>> budgets(np.array([10.0, 20.0, 30.0, 40.0]), 2)
        array([20., 40.])
    """
    return np.quantile(cost, np.arange(1, count + 1) / count, method="inverted_cdf")


def regret(score: Vector, accuracy: Vector, cost: Vector, limits: Vector) -> float:
    """What trusting the proxy costs under a budget, in percentage points, mean over the budgets.

    Accuracy of the best affordable architecture minus accuracy of the affordable one that the proxy ranks first; where
    several share that place, their mean accuracy. Budgets that afford nothing are left out.

    Args:
        score: `(n,)`.
        accuracy: `(n,)`.
        cost: `(n,)`.
        limits: the budgets: what costs at most that much is affordable.
    """
    if not _finite(score, accuracy, cost):
        return math.nan
    losses = list(_losses(score, accuracy, cost, limits))
    return sum(losses) / len(losses) if losses else math.nan


def _losses(score: Vector, accuracy: Vector, cost: Vector, limits: Vector) -> Iterator[float]:
    for limit in limits:
        fits = cost <= limit
        if fits.any():
            x, y = score[fits], accuracy[fits]
            yield float(y.max() - y[x == x.max()].mean())


def _unrankable(*series: Vector) -> bool:
    """Whether one of them is constant, or holds what is no number."""
    return any(len(values) < 2 or bool(np.all(values == values[0])) for values in series) or not _finite(*series)


def _finite(*series: Vector) -> bool:
    """Whether all are numbers: sorting and comparing would make a number of what is none."""
    return all(bool(np.isfinite(values).all()) for values in series)
