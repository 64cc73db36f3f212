"""How well a score chooses: its best tenth, and the best under a budget, on many resamples at once."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diswot_benchmarks.statistics.intervals import Vector
from diswot_benchmarks.statistics.ranking import Weights, kendall, of_numbers, ratio

TOP = 0.1
"""The best tenth of a table, for `tau_top` and `precision`."""

BUDGETS = 20
"""Budgets of parameters, and as many of MACs, that regret is averaged over."""


@of_numbers
def kendall_top(x: Vector, y: Vector, weights: Weights, share: float = TOP) -> Vector:
    """Tau-b among the best `share` by true accuracy: whether the proxy still ranks where the choice is made."""
    top = weights * best(y, weights, share)
    seen = top.any(0)
    return kendall(x[seen], y[seen], top[:, seen])


@of_numbers
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


@of_numbers
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
    return ratio(np.where(afforded, losses, 0.0).sum(0), afforded.sum(0).astype(float))


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
