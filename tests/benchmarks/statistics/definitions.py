"""Each statistic by its definition, for one table of architectures: what the resampled ones are held against."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diswot_benchmarks.statistics.choice import TOP
from diswot_benchmarks.statistics.intervals import Vector
from diswot_benchmarks.statistics.ranking import NEAR, near_ends


def kendall(score: Vector, accuracy: Vector) -> float:
    """Kendall's tau-b: concordant minus discordant pairs, over the geometric mean of the pairs not tied in either."""
    if _constant(score, accuracy):
        return math.nan
    return float(stats.kendalltau(score, accuracy, variant="b").statistic)


def spearman(score: Vector, accuracy: Vector) -> float:
    """Spearman's rho: Pearson's correlation of the ranks, tied values sharing their mean rank."""
    if _constant(score, accuracy):
        return math.nan
    return float(stats.spearmanr(score, accuracy).statistic)


def pearson(score: Vector, accuracy: Vector) -> float:
    """Pearson's correlation of the values themselves; it changes when a score is, say, put on a log scale."""
    if _constant(score, accuracy):
        return math.nan
    return float(stats.pearsonr(score - score.mean(), accuracy - accuracy.mean()).statistic)


def best(accuracy: Vector, share: float = TOP) -> NDArray[np.bool_]:
    """Which architectures are among the best `share` by true accuracy, ties with the last of them included."""
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


def kendall_iso_cost(score: Vector, accuracy: Vector, cost: Vector, tolerance: float = NEAR) -> float:
    """Tau-b over the pairs of near-equal budget: whether the proxy says more than the cost does."""
    order = np.argsort(cost, kind="stable")
    x, y = score[order], accuracy[order]
    agreement = untied_x = untied_y = 0.0
    for i, end in enumerate(near_ends(cost[order], tolerance)):
        dx, dy = np.sign(x[i + 1 : end] - x[i]), np.sign(y[i + 1 : end] - y[i])
        agreement += float(dx @ dy)
        untied_x += float(np.abs(dx).sum())
        untied_y += float(np.abs(dy).sum())
    return agreement / math.sqrt(untied_x * untied_y) if untied_x and untied_y else math.nan


def precision(score: Vector, accuracy: Vector, share: float = TOP) -> float:
    """Of the first `share` by score, how many are among the best `share` by true accuracy."""
    k = quota(len(score), share)
    border = np.sort(score)[-k]
    above, tied = score > border, score == border
    places = above + tied * ((k - above.sum()) / tied.sum())
    return float(places[best(accuracy, share)].sum() / k)


def regret(score: Vector, accuracy: Vector, cost: Vector, limits: Vector) -> float:
    """What trusting the proxy costs under a budget, in percentage points, mean over the budgets."""
    losses = list(_losses(score, accuracy, cost, limits))
    return sum(losses) / len(losses) if losses else math.nan


def _losses(score: Vector, accuracy: Vector, cost: Vector, limits: Vector) -> Iterator[float]:
    for limit in limits:
        fits = cost <= limit
        if fits.any():
            x, y = score[fits], accuracy[fits]
            yield float(y.max() - y[x == x.max()].mean())


def _constant(*series: Vector) -> bool:
    return any(len(values) < 2 or bool(np.all(values == values[0])) for values in series)
