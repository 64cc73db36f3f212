"""How far searches of the same student with different seeds agree; free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

TOP = 10
"""Best candidates whose overlap is looked at."""

FEWEST = 5
"""Common candidates that a rank correlation needs: of four, even the same order is luck in 1 of 24 cases."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far seeds agree, each figure a mean over all pairs of seeds; `None` where there is nothing to compare.

    Attributes:
        same: whether all seeds recommend the same student.
        overlap: share of the best ten of one seed that are among those of the other, 0 to 1.
        tau: Kendall's tau-b between the scores of candidates that both seeds measured, -1 to 1; over the pairs of
            seeds that have at least `FEWEST` such candidates.
        shared: fewest candidates that two seeds both measured.
    """

    same: bool | None
    overlap: float | None
    tau: float | None
    shared: int | None


def agreement(scores: Sequence[Mapping[str, float]]) -> Agreement:
    """Compare what each seed measured.

    Args:
        scores: for each seed, the score of every candidate by equally many initializations; in order of rank.

    Example:
        >>> one = {"a": 5.0, "b": 4.0, "c": 3.0, "d": 2.0, "e": 1.0}
        >>> agreement([one, {"b": 9.0, "a": 8.0, "c": 7.0, "d": 6.0, "e": 5.0}])
        Agreement(same=False, overlap=1.0, tau=0.79..., shared=5)
    """
    pairs = list(combinations(scores, 2))
    if not pairs:
        return Agreement(None, None, None, None)
    taus = [tau for one, other in pairs if (tau := _tau(one, other)) is not None]
    return Agreement(
        same=len({next(iter(found)) for found in scores}) == 1,
        overlap=fmean(_overlap(one, other) for one, other in pairs),
        tau=fmean(taus) if taus else None,
        shared=min(len(one.keys() & other.keys()) for one, other in pairs),
    )


def _overlap(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Of the best of both, as many as both have, the share that is in both."""
    size = min(TOP, len(one), len(other))
    return len({*list(one)[:size]} & {*list(other)[:size]}) / size


def _tau(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    from scipy.stats import kendalltau

    both = [arch for arch in one if arch in other]
    first, second = [one[arch] for arch in both], [other[arch] for arch in both]
    if len(both) < FEWEST or len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(kendalltau(first, second).statistic)
