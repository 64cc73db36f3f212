"""Whose score a search makes sure of: candidates that may be recommended, or stand on a front.

While a search goes on, one random initialization tells enough of a candidate to steer by. The others are spent on the
few that the result speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from diswot.search.nsga2 import NSGA2
from diswot.search.pareto import Point, pareto_front
from diswot.spec.search import PARETO_COSTS, SearchSpec

ALWAYS = ("params", "macs")
"""Costs over which there is a front in every result."""


def front_costs(spec: SearchSpec) -> tuple[str, ...]:
    """Costs over which a result has a front: what NSGA-II plays off, those with an upper limit, then the usual ones."""
    played_off = [spec.pareto_cost] if spec.algorithm == NSGA2.name else []
    limited = [cost for cost in PARETO_COSTS if spec.constraints.range(cost)[1] is not None]
    return tuple(dict.fromkeys((*played_off, *limited, *ALWAYS)))


def finalists(
    scores: Mapping[str, float], best: int, costs: Sequence[str], cost: Callable[[str, str], float | None]
) -> list[str]:
    """The best candidates, then the others that stand on the front over any of some costs.

    Args:
        scores: by one initialization, of every candidate that has a score, in the order of evaluation.
        best: how many of the best.
        costs: their names.
        cost: of a candidate, by its name and the cost's; `None` where it is not known.
    """
    found = dict.fromkeys(sorted(scores, key=lambda name: -scores[name])[:best])
    for which in costs:
        known = [(name, paid) for name in scores if (paid := cost(name, which)) is not None]
        front = pareto_front([Point(paid, scores[name]) for name, paid in known])
        found |= dict.fromkeys(known[i][0] for i in front)
    return list(found)
