"""What lies within a budget: found by costs alone, and where latency has a limit, by evaluation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from diswot.errors import InfeasibleBudget
from diswot.quantities import say_seconds
from diswot.search.ordered import OrderedRepair
from diswot.search.repair import ConstraintRepair, UnorderedRepair
from diswot.seeds import stream
from diswot.spec.constraints import COSTS, Constraints
from diswot_spaces import Architecture, Costs, SearchSpace, Shape

if TYPE_CHECKING:
    import numpy as np

    from diswot.latency import LatencyMeter

if TYPE_CHECKING:
    from diswot.latency import LatencyMeter

ENUMERABLE = 100_000
"""Spaces up to this size are listed rather than sampled."""
BUILDABLE = 500
"""The same, where a budget asks for costs that are counted on built networks."""
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
        InfeasibleBudget: no architecture meets the budget, or none was found; says which, and what comes nearest.
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
        check_bounds(space, budget, num_classes, in_shape)
        kind = OrderedRepair if space.monotone else UnorderedRepair
        self._repair: ConstraintRepair = kind(space, budget, self.costs)
        self.listed: tuple[Architecture, ...] | None = None
        """Everything within the budget by its costs, where the space can be listed."""
        if space.size is not None and space.size <= listed_up_to(space, budget):
            self.listed = self._list()
        else:
            self._witness = self._find()

    def fits(self, arch: Architecture) -> bool:
        """Whether `arch` is within the budget by its costs; latency is not looked at."""
        return not _has_limits(self.budget) or self.budget.allows(self.costs(arch))

    def allows(self, arch: Architecture) -> bool:
        """Whether `arch` is within the budget: by its costs, and only then by evaluation."""
        return self.fits(arch) and self._in_time(arch)

    def check_latency(self) -> None:
        """Measure the smallest architecture of the space, if there is a chance that even that takes too long.

        Where it is not known which is the smallest, nothing is measured.

        Raises:
            InfeasibleBudget: it does.
        """
        limit = self.budget.max_latency
        if self._meter is None or limit is None or not self.space.monotone or not self.fits(self.space.smallest):
            return
        latency = self._meter(self.space.smallest)
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

        By costs: uniform where the space is listed. Elsewhere a random architecture that is led into the budget by
        changing its decisions, or where that fails, one that a random walk within the budget leads to.

        Where latency has a limit and options ascend in cost, what is too slow steps down and what is too fast steps up
        likewise. After a few draws in vain the last one is handed out: `allows` has the last word.
        """
        arch = self._draw(rng)
        for _ in range(LATENCY_TRIES * (self._meter is not None)):
            if self.allows(arch):
                return arch
            stepped = self._step_towards(arch, rng)
            if self.allows(stepped):
                return stepped
            arch = self._draw(rng)
        return arch

    def neighbours(self, archs: Collection[Architecture]) -> list[Architecture]:
        """Other canonical architectures within the budget that one or two decisions tell from one of these.

        In a space whose options ascend in cost, a budget without lower limits is never given up while anything is left
        in it. Elsewhere, that none is found does not mean that there is none. Latency is not looked at.
        """
        return self._repair.feasible_neighbours(archs)

    def costs(self, arch: Architecture) -> Costs:
        """What `arch` costs for the task."""
        return self.space.costs(arch, *self._task)

    def _in_time(self, arch: Architecture) -> bool:
        if self._meter is None:
            return True
        latency = self._meter(arch)
        return latency is not None and self.budget.in_time(latency.median)

    def _list(self) -> tuple[Architecture, ...]:
        """Everything within the budget by its costs.

        Raises:
            InfeasibleBudget: nothing is; says exactly what comes nearest.
        """
        if not _has_limits(self.budget):
            return _canonical_forms(self.space)
        costs = _costs_of_all(self.space, *self._task)
        within = tuple(arch for arch, each in costs.items() if self.budget.allows(each))
        if not within:
            nearest = _say(min(costs.values(), key=self.budget.distance), self.budget, self._task[0])
            raise InfeasibleBudget(
                f"no architecture of {self.space.name} has {self.budget}: the nearest costs {nearest}"
            )
        return within

    def _find(self) -> Architecture:
        """Some architecture within the budget, by walks from random ones; the same in each search.

        Raises:
            InfeasibleBudget: none was found; says what came nearest.
        """
        if self.space.monotone and self.fits(self.space.smallest):
            return self.space.smallest
        rng = stream(0, "feasible", self.space.name)
        nearest = self.space.smallest if self.space.monotone else self.space.sample(rng)
        for _ in range(self._repair.effort.walks):
            if self.fits(nearest):
                break
            found = self._repair.repair(self.space.sample(rng), rng)
            nearest = min(nearest, found, key=self._repair.distance)
        if self.fits(nearest):
            return self.space.canonical(nearest)
        raise InfeasibleBudget(
            f"no architecture of {self.space.name} was found with {self.budget} in {self._repair.tries:,} tries, "
            f"and the space cannot tell whether there is one; "
            f"the nearest costs {_say(self.costs(nearest), self.budget, self._task[0])}"
        )

    def _draw(self, rng: np.random.Generator) -> Architecture:
        if self.listed is not None:
            return self.listed[int(rng.integers(len(self.listed)))]
        arch = self.space.sample(rng)
        if not self.fits(arch):
            arch = self._repair.repair(arch, rng)
        if not self.fits(arch):
            arch = self._repair.random_walk(self._witness, rng)
        return self.space.canonical(arch)

    def _step_towards(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` after the fewest steps down that make it fast enough, or up that make it slow enough.

        Steps that lead out of the ranges of costs end it, so that nothing out there is timed.
        """
        assert self._meter is not None, "asked only where latency has a limit"
        latency, limit = self._meter(arch), self.budget.max_latency
        up = not (latency is None or (limit is not None and latency.median > limit))
        outside = self.budget.exceeded if up else self.budget.missed

        def there(stepped: Architecture) -> bool:
            canonical = self.space.canonical(stepped)
            return outside(self.costs(canonical)) or self._in_time(canonical)

        return self.space.canonical(self._repair.walk(arch, rng, up=up, until=there))


def listed_up_to(space: SearchSpace, budget: Constraints) -> int:
    """Up to what size a space is listed under a budget."""
    return ENUMERABLE if space.has_formulas or not _has_limits(budget) else BUILDABLE


def check_bounds(space: SearchSpace, budget: Constraints, num_classes: int, in_shape: Shape) -> None:
    """Refuse a budget that is out of reach of a whole space, as far as the space knows; takes no time.

    Raises:
        InfeasibleBudget: says what an architecture costs at least, or at most.
    """
    if not _has_limits(budget):
        return
    bounds = space.bounds(num_classes, in_shape)
    ends = (("least", "smallest", bounds.lower, budget.exceeded), ("most", "largest", bounds.upper, budget.missed))
    for far, name, costs, outside in ends:
        if costs is not None and outside(costs):
            which = f"the {name} costs" if space.monotone else f"each costs at {far}"
            raise InfeasibleBudget(
                f"no architecture of {space.name} has {budget}: {which} {_say(costs, budget, num_classes)}"
            )


def _has_limits(budget: Constraints) -> bool:
    """Whether a budget limits any cost but latency."""
    return any(budget.range(cost) != (None, None) for cost in COSTS)


@lru_cache(maxsize=4)
def _canonical_forms(space: SearchSpace) -> tuple[Architecture, ...]:
    """Every canonical architecture of a space that can be listed, in the order of the space."""
    return tuple(dict.fromkeys(map(space.canonical, space.enumerate())))


@lru_cache(maxsize=4)
def _costs_of_all(space: SearchSpace, num_classes: int, in_shape: Shape) -> Mapping[Architecture, Costs]:
    """What every canonical architecture of a space that can be listed costs, in the order of the space."""
    return {arch: space.costs(arch, num_classes, in_shape) for arch in _canonical_forms(space)}


def _say(costs: Costs, budget: Constraints, num_classes: int) -> str:
    shown = ["params", "macs"] + ["memory"] * (budget.range("memory") != (None, None))
    parts = [f"{getattr(costs, cost):,} {COSTS[cost]}" for cost in shown]
    return f"{', '.join(parts[:-1])} and {parts[-1]} for {num_classes} classes"
