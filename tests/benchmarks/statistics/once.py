"""The statistics of a table in which each architecture stands once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diswot_benchmarks.statistics import choice, ranking
from diswot_benchmarks.statistics.choice import TOP
from diswot_benchmarks.statistics.intervals import Vector
from diswot_benchmarks.statistics.ranking import Weights


def _one(n: int) -> Weights:
    return np.ones((1, n), dtype=np.float32)


def kendall(x: Vector, y: Vector) -> float:
    return float(ranking.kendall(x, y, _one(len(x)))[0])


def spearman(x: Vector, y: Vector) -> float:
    return float(ranking.spearman(x, y, _one(len(x)))[0])


def pearson(x: Vector, y: Vector) -> float:
    return float(ranking.pearson(x, y, _one(len(x)))[0])


def kendall_top(x: Vector, y: Vector) -> float:
    return float(choice.kendall_top(x, y, _one(len(x)))[0])


def kendall_iso_cost(x: Vector, y: Vector, cost: Vector) -> float:
    return float(ranking.kendall_iso_cost(x, y, cost, _one(len(x)))[0])


def precision(x: Vector, y: Vector, share: float = TOP) -> float:
    return float(choice.precision(x, y, _one(len(x)), share)[0])


def regret(x: Vector, y: Vector, cost: Vector, limits: Vector) -> float:
    return float(choice.regret(x, y, cost, limits, _one(len(x)))[0])


def best(y: Vector, share: float = TOP) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = choice.best(y, _one(len(y)), share)[0]
    return found


def quota(n: int) -> int:
    return int(choice.quota(_one(n))[0])
