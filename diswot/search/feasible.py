"""What lies within a budget: found by formula, and where latency has a limit, by measurement."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache

import numpy as np

from diswot.errors import InfeasibleBudget
from diswot.latency import LatencyMeter
from diswot.quantities import say_seconds
from diswot.search.thin import Region
from diswot.seeds import stream
from diswot.spec.constraints import COSTS, Constraints
from search_spaces import Architecture, Costs, SearchSpace, Shape

ENUMERABLE = 100_000
"""Spaces up to this size are listed rather than sampled."""
WALKS, MOVES = 24, 300
"""Walks of so many exchanges that look for a first architecture, before a budget is said to have none."""
LATENCY_TRIES = 5
"""Draws whose latency is looked at before one is handed out unseen."""


class Feasible:
    """The architectures of a space within a budget, in canonical form.

    A space that can be listed is listed once: a region of a few architectures is found, and not merely hoped for.

    Args:
        space: to search.
        budget: limits that hold for every architecture.
        num_classes: of the task.
        in_shape: of the task.
        meter: measures latency, where the budget limits it; without one its limits are not looked at.

    Raises:
        InfeasibleBudget: says what comes nearest.
    """

    def __init__(
        self,
        space: SearchSpace,
        budget: Constraints,
        num_classes: int,
        in_shape: Shape,
        meter: LatencyMeter | None = None,
    ) -> None:
        self.space, self.budget = space, budget
        self._task = (num_classes, in_shape)
        self._meter = meter if budget.times else None
        self._region = Region(space, budget, self.costs)
        check_ends(space, budget, num_classes, in_shape)
        self.listed: tuple[Architecture, ...] | None = None
        """Everything within the budget by formula, where the space can be listed."""
        self._witness = space.smallest
        if space.size <= ENUMERABLE:
            self.listed = self._list()
        elif not self.fits(self._witness):
            self._witness = self._look()

    def fits(self, arch: Architecture) -> bool:
        """Whether `arch` is within the budget by the space's formulas; nothing is built."""
        return self.budget.allows(self.costs(arch))

    def allows(self, arch: Architecture) -> bool:
        """Whether `arch` is within the budget: by formula, and only then by measurement."""
        return self.fits(arch) and self._in_time(arch)

    def check_latency(self) -> None:
        """Measure the smallest architecture of the space, if there is a chance that even that takes too long.

        Raises:
            InfeasibleBudget: it does.
        """
        limit, smallest = self.budget.max_latency, self.space.smallest
        if self._meter is None or limit is None or not self.fits(smallest):
            return
        latency = self._meter(smallest)
        if latency is not None and latency.median > limit:
            raise InfeasibleBudget(
                f"no architecture of {self.space.name} has {self.budget}: "
                f"the smallest takes {say_seconds(latency.median)}"
            )

    def nearest_latency(self) -> str:
        """What to say when no latency within the budget was found: how near the nearest came."""
        assert self._meter is not None, "asked only where latency has a limit"
        seconds = [latency.median for latency in self._meter.known.values() if latency is not None]
        head = f"no architecture of {self.space.name} was found with {self.budget}: "
        if not seconds:
            return head + "no network could be run"
        low, high = self.budget.range("latency")
        nearest = min(seconds, key=lambda s: max(s / high if high else 0.0, low / s if low else 0.0))
        return head + f"of {len(seconds)} that were timed, the nearest takes {say_seconds(nearest)}"

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A canonical architecture within the budget.

        By formula: uniform where the space is listed. Elsewhere a random architecture whose decisions step down, or
        up, in random order until it fits, the fewest steps found by bisection; in a thin range, where such steps lead
        past it, decisions are exchanged for one another until it is met.

        Where latency has a limit, what is too slow steps down and what is too fast steps up likewise. After a few
        draws in vain the last one is handed out: `allows` has the last word.
        """
        arch = self._draw(rng)
        for _ in range(LATENCY_TRIES * (self._meter is not None)):
            if self.allows(arch):
                return arch
            stepped = self._towards(arch, rng)
            if self.allows(stepped):
                return stepped
            arch = self._draw(rng)
        return arch

    def beside(self, archs: Collection[Architecture]) -> list[Architecture]:
        """Other canonical architectures within the budget that are one step of one decision away from one of these.

        Each decision's options ascend in cost, so what is below upper limits hangs together by such steps, and what is
        above lower ones does: from any one architecture they lead to all others. A range does not hang together;
        there, if single steps lead nowhere, a step of one decision is made good by another's, and what is next to the
        first architecture that has such neighbours is given. Latency is not looked at.
        """
        found: dict[Architecture, None] = {}
        for arch in archs:
            found.update(dict.fromkeys(map(self.space.canonical, self._steps(arch))))
        single = [arch for arch in found if arch not in archs and self.fits(arch)]
        if single or not self.budget.has_minima:
            return single
        for arch in archs:
            exchanged = dict.fromkeys(map(self.space.canonical, self._region.exchanges(arch)))
            if new := [near for near in exchanged if near not in archs]:
                return new
        return []

    def costs(self, arch: Architecture) -> Costs:
        """What `arch` costs by the space's formulas, for the task."""
        return self.space.costs(arch, *self._task)

    def _in_time(self, arch: Architecture) -> bool:
        if self._meter is None:
            return True
        latency = self._meter(arch)
        return latency is not None and self.budget.in_time(latency.median)

    def _list(self) -> tuple[Architecture, ...]:
        """Everything within the budget by formula.

        Raises:
            InfeasibleBudget: nothing is; says exactly what comes nearest.
        """
        costs = _costs_of_all(self.space, *self._task)
        within = tuple(arch for arch, each in costs.items() if self.budget.allows(each))
        if not within:
            nearest = min(costs.values(), key=self.budget.distance)
            raise _infeasible(self.space, self.budget, "the nearest", nearest, self._task[0])
        return within

    def _look(self) -> Architecture:
        """Some architecture within the budget, by walks from random ones; the same in each search.

        Raises:
            InfeasibleBudget: none was found; says what came nearest.
        """
        rng = stream(0, "feasible", self.space.name)
        nearest = self.space.smallest
        for _ in range(WALKS):
            found = self._region.approach(self._near(self.space.sample(rng), rng), rng, MOVES)
            nearest = min(nearest, found, key=lambda arch: self.budget.distance(self.costs(arch)))
            if self.fits(nearest):
                return self.space.canonical(nearest)
        raise _infeasible(
            self.space,
            self.budget,
            f"the nearest after {WALKS} walks",
            self.costs(nearest),
            self._task[0],
            "was found with",
        )

    def _draw(self, rng: np.random.Generator) -> Architecture:
        if self.listed is not None:
            return self.listed[int(rng.integers(len(self.listed)))]
        arch = self._near(self.space.sample(rng), rng)
        if not self.fits(arch):
            arch = self._region.approach(arch, rng, MOVES)
        if not self.fits(arch):
            arch = self._region.wander(self._witness, rng)
        return self.space.canonical(arch)

    def _near(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` after the fewest steps down that hold every upper limit, or else up that hold every lower one."""
        if self.budget.exceeded(self.costs(arch)):
            return self._walk(arch, rng, up=False, until=lambda a: not self.budget.exceeded(self.costs(a)))
        if self.budget.missed(self.costs(arch)):
            return self._walk(arch, rng, up=True, until=lambda a: not self.budget.missed(self.costs(a)))
        return arch

    def _towards(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` after the fewest steps down that make it fast enough, or up that make it slow enough.

        Steps that lead out of the ranges that formulas tell end it, so that nothing out there is timed.
        """
        assert self._meter is not None, "asked only where latency has a limit"
        latency, limit = self._meter(arch), self.budget.max_latency
        up = not (latency is None or (limit is not None and latency.median > limit))
        outside = self.budget.exceeded if up else self.budget.missed

        def there(stepped: Architecture) -> bool:
            canonical = self.space.canonical(stepped)
            return outside(self.costs(canonical)) or self._in_time(canonical)

        return self.space.canonical(self._walk(arch, rng, up=up, until=there))

    def _walk(
        self, arch: Architecture, rng: np.random.Generator, *, up: bool, until: Callable[[Architecture], bool]
    ) -> Architecture:
        """`arch` after the fewest steps in random order `until` something holds, by bisection: each step adds to it."""
        choices = np.array(arch.choices)
        ends = np.array([len(options) - 1 for options in self.space.options])
        steps = rng.permutation(np.repeat(np.arange(len(choices)), ends - choices if up else choices))

        def after(count: int) -> Architecture:
            taken = np.bincount(steps[:count], minlength=len(choices))
            return self.space.arch((choices + (taken if up else -taken)).tolist())

        return after(bisect_left(range(len(steps)), True, key=lambda count: until(after(count))))

    def _steps(self, arch: Architecture) -> Iterator[Architecture]:
        for i, options in enumerate(self.space.options):
            for choice in (arch.choices[i] - 1, arch.choices[i] + 1):
                if 0 <= choice < len(options):
                    yield self.space.arch([*arch.choices[:i], choice, *arch.choices[i + 1 :]])


@lru_cache(maxsize=4)
def _costs_of_all(space: SearchSpace, num_classes: int, in_shape: Shape) -> Mapping[Architecture, Costs]:
    """What every canonical architecture of a space that can be listed costs, in the order of the space."""
    everything = dict.fromkeys(map(space.canonical, space.enumerate()))
    return {arch: space.costs(arch, num_classes, in_shape) for arch in everything}


def check_ends(space: SearchSpace, budget: Constraints, num_classes: int, in_shape: Shape) -> None:
    """Refuse a budget that is out of reach even for the smallest or the largest architecture; takes no time.

    Raises:
        InfeasibleBudget: says what they cost.
    """
    ends = (("smallest", space.smallest, budget.exceeded), ("largest", space.largest, budget.missed))
    for name, arch, outside in ends:
        costs = space.costs(arch, num_classes, in_shape)
        if outside(costs):
            raise _infeasible(space, budget, f"the {name}", costs, num_classes)


def _infeasible(
    space: SearchSpace, budget: Constraints, which: str, costs: Costs, num_classes: int, verb: str = "has"
) -> InfeasibleBudget:
    shown = ["params", "macs"] + ["memory"] * (budget.range("memory") != (None, None))
    parts = [f"{getattr(costs, cost):,} {COSTS[cost]}" for cost in shown]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]])
    return InfeasibleBudget(
        f"no architecture of {space.name} {verb} {budget}: {which} costs {listed} for {num_classes} classes"
    )
