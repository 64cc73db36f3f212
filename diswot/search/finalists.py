"""Whose score a search makes sure of: candidates that may be recommended, or stand on a front.

While a search goes on, one random initialisation tells enough of a candidate to steer by. The others are spent on the
few that the result speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diswot.search.pareto import Point, pareto_front

ALWAYS = ("params", "macs")
"""Costs over which there is a front in every result."""


def finalists(
    scores: Mapping[str, float], best: int, against: str, cost: Callable[[str, str], float | None]
) -> list[str]:
    """The best candidates, then the others that stand on the fronts over parameters, MACs, and a third cost.

    Args:
        scores: by one initialisation, of every candidate that has a score, in the order of evaluation.
        best: how many of the best.
        against: the third cost.
        cost: of a candidate, by its name and the cost's; `None` where it is not known.
    """
    found = dict.fromkeys(sorted(scores, key=lambda name: -scores[name])[:best])
    for which in dict.fromkeys((*ALWAYS, against)):
        known = [(name, paid) for name in scores if (paid := cost(name, which)) is not None]
        front = pareto_front([Point(paid, scores[name]) for name, paid in known])
        found |= dict.fromkeys(known[i][0] for i in front)
    return list(found)
