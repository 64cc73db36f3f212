"""What a little more budget would buy: some architectures just beyond the upper limits, measured after the search."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from itertools import islice

from diswot.spec.constraints import COSTS, LONGEST, MOST, Constraints
from diswot_spaces import Architecture, Costs, SearchSpace

MAX_RELAXED = 20
"""Architectures that are measured beyond a budget."""
TIMED = 60
"""Architectures whose latency is measured to find them, where latency has a limit."""


def widened(budget: Constraints, share: float) -> Constraints:
    """The budget with every upper limit raised by a share of itself; counts are rounded down."""
    ends = {**dict.fromkeys(COSTS, MOST), "latency": LONGEST}
    limits = {cost: budget.range(cost)[1] for cost in ends}
    wide = {f"max_{c}": type(most)(min(most * (1 + share), ends[c])) for c, most in limits.items() if most is not None}
    return replace(budget, **wide)


def violation(budget: Constraints, costs: Costs, latency: float | None) -> float:
    """How far beyond the budget these costs are: the largest share of an upper limit that is missing, at least 0."""
    found = {cost: float(getattr(costs, cost)) for cost in COSTS} | {"latency": latency or 0.0}
    limits = {cost: budget.range(cost)[1] for cost in found}
    shares = [found[cost] / float(limit) - 1 for cost, limit in limits.items() if limit is not None]
    return max([0.0, *shares])


def relaxed_neighbours(
    space: SearchSpace,
    budget: Constraints,
    share: float,
    costs: Callable[[Architecture], Costs],
    latency: Callable[[Architecture], float | None],
    parents: Iterable[Architecture],
    known: Collection[Architecture],
) -> list[Architecture]:
    """Up to 20 architectures one decision away from the parents, outside the budget and inside the widened one.

    Args:
        space: of the architectures.
        budget: that the search held.
        share: by which to widen its upper limits.
        costs: by formula.
        latency: in seconds, measured; `None` if that failed. Asked only where the budget limits it.
        parents: best first; the neighbours of a better one come first.
        known: canonical architectures that are not wanted.
    """
    wide = widened(budget, share)
    near = dict.fromkeys(space.canonical(arch) for parent in parents for arch in space.neighbours(parent))
    within = (arch for arch in near if arch not in known and wide.allows(costs(arch)))
    if not budget.times:
        return list(islice((arch for arch in within if not budget.allows(costs(arch))), MAX_RELAXED))
    timed = ((arch, latency(arch)) for arch in islice(within, TIMED))
    beyond = (
        arch
        for arch, seconds in timed
        if seconds is not None
        and wide.in_time(seconds)
        and not (budget.in_time(seconds) and budget.allows(costs(arch)))
    )
    return list(islice(beyond, MAX_RELAXED))
