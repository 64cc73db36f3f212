"""How well a score ranks: every statistic of a table, on many resamples of it at once.

Scores and accuracies are compared with their signs as they are: a proxy that ranks upside down is negative here. A
resample is a vector of counts: each statistic takes many, `weights (B, n)`, and gives `(B,)` what it is of the table in
which architecture `i` stands `weights[b, i]` times. Where it is not defined (a constant score has no correlation, nor
has one with a `nan`) it is `nan`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diswot_benchmarks.statistics.intervals import Vector

Weights = NDArray[np.float32]
"""Counts of the architectures in each resample, `(B, n)`."""

TOP = 0.1
"""The best tenth of a table, for `tau_top` and `precision`."""

NEAR = 0.05
"""Budgets are near-equal where the larger exceeds the smaller by at most this share of the smaller."""

BUDGETS = 20
"""Budgets of parameters, and as many of MACs, that regret is averaged over."""

DENSE = 1000
"""Up to this many rows the matrix of all pairs is faster than sorting each resample."""

BLOCK = 256
"""Rows of the matrix of pairs that are in memory at once."""

P = ParamSpec("P")


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


def _of_numbers(
    statistic: Callable[Concatenate[Vector, Vector, P], Vector],
) -> Callable[Concatenate[Vector, Vector, P], Vector]:
    """A statistic that is `nan` where score or accuracy is no number: sorting and comparing would make one of it."""

    @wraps(statistic)
    def checked(x: Vector, y: Vector, /, *args: P.args, **kwargs: P.kwargs) -> Vector:
        if np.isfinite(x).all() and np.isfinite(y).all():
            return statistic(x, y, *args, **kwargs)
        return np.full_like(statistic(np.zeros_like(x), np.zeros_like(y), *args, **kwargs), math.nan)

    return checked


@_of_numbers
def kendall(
    x: Vector,
    y: Vector,
    weights: Weights,
    ends: NDArray[np.intp] | None = None,
    *,
    dense: int = DENSE,
    block: int = BLOCK,
) -> Vector:
    """Kendall's tau-b: concordant minus discordant pairs, over the geometric mean of the pairs not tied in either.

    Sums over pairs are products of the counts with blocks of the matrix of signs.

    Args:
        x: `(n,)`.
        y: `(n,)`.
        weights: `(B, n)`.
        ends: for each row one past the last that it is paired with; by default all rows behind it.
        dense: larger tables are sorted instead, resample by resample.
        block: rows of the matrix at once.
    """
    n = len(x)
    if ends is None and n > dense:
        return np.array([_kendall(np.repeat(x, row), np.repeat(y, row)) for row in weights.astype(np.int64)])
    ends = np.full(n, n) if ends is None else ends
    sums = np.zeros((3, len(weights)))
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        columns = slice(start, int(ends[rows].max()))
        index = np.arange(start, columns.stop)
        paired = (index > np.arange(n)[rows, None]) & (index < ends[rows, None])
        dx = np.sign(x[columns] - x[rows, None]).astype(np.float32) * paired
        dy = np.sign(y[columns] - y[rows, None]).astype(np.float32) * paired
        for k, signs in enumerate((dx * dy, np.abs(dx), np.abs(dy))):
            sums[k] += (weights[:, rows] * (weights[:, columns] @ signs.T)).sum(1, dtype=np.float64)
    agreement, untied_x, untied_y = sums
    return _ratio(agreement, np.sqrt(untied_x * untied_y))


def _kendall(x: Vector, y: Vector) -> float:
    if any(len(values) < 2 or bool(np.all(values == values[0])) for values in (x, y)):
        return math.nan
    return float(stats.kendalltau(x, y, variant="b").statistic)


@_of_numbers
def spearman(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Spearman's rho: Pearson's correlation of the ranks, tied values sharing their mean rank."""
    return _pearson(_ranks(x, weights), _ranks(y, weights), weights)


@_of_numbers
def pearson(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Pearson's correlation of the values themselves; it changes when a score is, say, put on a log scale."""
    return _pearson((x - x.mean())[None], (y - y.mean())[None], weights)


@_of_numbers
def kendall_top(x: Vector, y: Vector, weights: Weights, share: float = TOP) -> Vector:
    """Tau-b among the best `share` by true accuracy: whether the proxy still ranks where the choice is made."""
    top = weights * best(y, weights, share)
    seen = top.any(0)
    return kendall(x[seen], y[seen], top[:, seen])


@_of_numbers
def kendall_near(x: Vector, y: Vector, cost: Vector, weights: Weights, tolerance: float = NEAR) -> Vector:
    """Tau-b over the pairs of near-equal budget: whether the proxy says more than the cost does.

    Pairs whose costs differ by at most `tolerance` of the smaller count: concordant minus discordant, over the
    geometric mean of the number of these pairs that are not tied in score and of those not tied in accuracy.
    """
    order = np.argsort(cost, kind="stable")
    return kendall(x[order], y[order], weights[:, order], near_ends(cost[order], tolerance))


@_of_numbers
def precision(x: Vector, y: Vector, weights: Weights, share: float = TOP) -> Vector:
    """Of the first `share` by score, how many are among the best `share` by true accuracy.

    Where a tie in score straddles the border, its architectures share the places left, as random order would have it.
    """
    k = quota(weights, share)
    border = _kth(x, weights, share)[:, None]
    above, tied = weights * (x > border), weights * (x == border)
    places = (k - above.sum(1)) / tied.sum(1)
    hits = best(y, weights, share)
    found: Vector = ((above * hits).sum(1) + places * (tied * hits).sum(1)) / k
    return found


@_of_numbers
def regret(x: Vector, y: Vector, cost: Vector, limits: Vector, weights: Weights) -> Vector:
    """What trusting the proxy costs under a budget, in percentage points, mean over the budgets.

    Accuracy of the best affordable architecture minus accuracy of the affordable one that the proxy ranks first; where
    several share that place, their mean accuracy. Budgets that afford nothing are left out.

    Args:
        x: `(n,)`, the score.
        y: `(n,)`, the accuracy.
        cost: `(n,)`.
        limits: the budgets: what costs at most that much is affordable.
        weights: `(B, n)`.
    """
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


def best(accuracy: Vector, weights: Weights, share: float = TOP) -> NDArray[np.bool_]:
    """Which architectures are among the best `share` by true accuracy, ties with the last included, `(B, n)`.

    Example:
        >>> best(np.array([90.0, 70.0, 80.0, 80.0]), np.ones((1, 4), np.float32), 0.5)
        array([[ True, False,  True,  True]])
    """
    found: NDArray[np.bool_] = accuracy >= _kth(accuracy, weights, share)[:, None]
    return found


def quota(weights: Weights, share: float = TOP) -> Vector:
    """How many architectures are `share` of each resample, rounded up, `(B,)`."""
    found: Vector = np.ceil(share * weights.sum(1, dtype=np.float64) - 1e-9)
    return found


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


def budgets(cost: Vector, count: int = BUDGETS) -> Vector:
    """The costs at `count` evenly spaced quantiles of a table, the largest included.

    Example:
        >>> budgets(np.array([10.0, 20.0, 30.0, 40.0]), 2)
        array([20., 40.])
    """
    return np.quantile(cost, np.arange(1, count + 1) / count, method="inverted_cdf")


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


def _kth(values: Vector, weights: Weights, share: float) -> Vector:
    """In each resample, the value at the border of the best `share`."""
    order = np.argsort(-values, kind="stable")
    reached = np.cumsum(weights[:, order], axis=1, dtype=np.float64) >= quota(weights, share)[:, None]
    border: Vector = values[order][reached.argmax(1)]
    return border


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
