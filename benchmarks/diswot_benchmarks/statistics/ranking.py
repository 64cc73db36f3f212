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
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diswot_benchmarks.statistics.intervals import Vector

Weights = NDArray[np.float32]
"""Counts of the architectures in each resample, `(B, n)`."""


NEAR = 0.05
"""Budgets are near-equal where the larger exceeds the smaller by at most this share of the smaller."""


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


def of_numbers(
    statistic: Callable[Concatenate[Vector, Vector, P], Vector],
) -> Callable[Concatenate[Vector, Vector, P], Vector]:
    """A statistic that is `nan` where score or accuracy is no number: sorting and comparing would make one of it."""

    @wraps(statistic)
    def checked(x: Vector, y: Vector, /, *args: P.args, **kwargs: P.kwargs) -> Vector:
        if np.isfinite(x).all() and np.isfinite(y).all():
            return statistic(x, y, *args, **kwargs)
        return np.full_like(statistic(np.zeros_like(x), np.zeros_like(y), *args, **kwargs), math.nan)

    return checked


@of_numbers
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
    return ratio(agreement, np.sqrt(untied_x * untied_y))


def _kendall(x: Vector, y: Vector) -> float:
    if any(len(values) < 2 or bool(np.all(values == values[0])) for values in (x, y)):
        return math.nan
    return float(stats.kendalltau(x, y, variant="b").statistic)


@of_numbers
def spearman(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Spearman's rho: Pearson's correlation of the ranks, tied values sharing their mean rank."""
    return _pearson(_ranks(x, weights), _ranks(y, weights), weights)


@of_numbers
def pearson(x: Vector, y: Vector, weights: Weights) -> Vector:
    """Pearson's correlation of the values themselves; it changes when a score is, say, put on a log scale."""
    return _pearson((x - x.mean())[None], (y - y.mean())[None], weights)


@of_numbers
def kendall_iso_cost(x: Vector, y: Vector, cost: Vector, weights: Weights, tolerance: float = NEAR) -> Vector:
    """Tau-b over the pairs of near-equal budget: whether the proxy says more than the cost does.

    Pairs whose costs differ by at most `tolerance` of the smaller count: concordant minus discordant, over the
    geometric mean of the number of these pairs that are not tied in score and of those not tied in accuracy.
    """
    order = np.argsort(cost, kind="stable")
    return kendall(x[order], y[order], weights[:, order], near_ends(cost[order], tolerance))


def near_ends(cost: Vector, tolerance: float = NEAR) -> NDArray[np.intp]:
    """For each of the sorted costs, one past the last that is near-equal to it.

    Example:
        >>> near_ends(np.array([100.0, 105.0, 106.0, 200.0]))
        array([2, 3, 3, 4])
    """
    return np.searchsorted(cost, cost * (1 + tolerance) * (1 + 1e-12), "right")


def has_iso_cost(cost: Vector, tolerance: float = NEAR) -> NDArray[np.bool_]:
    """Which architectures are in a pair of near-equal costs.

    Example:
        >>> has_iso_cost(np.array([200.0, 100.0, 105.0]))
        array([False,  True,  True])
    """
    order = np.argsort(cost, kind="stable")
    near_next = near_ends(cost[order], tolerance) > np.arange(len(cost)) + 1
    found = np.empty(len(cost), dtype=bool)
    found[order] = near_next | np.concatenate([[False], near_next[:-1]])
    return found


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
    return ratio(xy, np.sqrt(xx * yy))


def ratio(top: Vector, bottom: Vector) -> Vector:
    """Quotients of the entries; `nan` where the divisor is not positive."""
    return np.divide(top, bottom, out=np.full_like(top, math.nan), where=bottom > 0)
