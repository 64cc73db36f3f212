"""Budgets: limits on what a student may cost."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from diswot.errors import InfeasibleBudget, InputError
from search_spaces import Architecture, Costs, SearchSpace, Shape

ENUMERABLE = 100_000
"""Spaces up to this size are listed rather than sampled."""

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def parse_count(text: str) -> int:
    """A count as people write it: `500000`, `0.5M`, `80 MMACs`, `1.2G`.

    Raises:
        InputError: not a positive number with one of the units k, M, G.
    """
    match = re.fullmatch(r"\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([kKMG]?)\s*(?:params|MACs)?\s*", text)
    value = int(Fraction(match[1]) * _UNITS[match[2].replace("K", "k")]) if match else 0
    if value < 1:
        raise InputError(f"a budget is a positive number, with k, M or G behind it if you like, not {text!r}")
    return value


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a student may cost; `None` is no limit.

    Attributes:
        max_params: trainable parameters.
        max_macs: multiply-accumulates for one image.
    """

    max_params: int | None = None
    max_macs: int | None = None

    def __post_init__(self) -> None:
        """Raise `InputError` for limits below one."""
        for name, limit in (("max_params", self.max_params), ("max_macs", self.max_macs)):
            if limit is not None and limit < 1:
                raise InputError(f"{name} must be at least 1, not {limit}")

    def __str__(self) -> str:
        limits = [(self.max_params, "parameters"), (self.max_macs, "MACs")]
        return " and ".join(f"at most {limit:,} {unit}" for limit, unit in limits if limit is not None) or "no limit"

    def allows(self, costs: Costs) -> bool:
        """Whether these costs are within every limit."""
        return (self.max_params is None or costs.params <= self.max_params) and (
            self.max_macs is None or costs.macs <= self.max_macs
        )


class Feasible:
    """The architectures of a space within a budget, in canonical form.

    A space that can be listed is listed once: a region of a few architectures is found, and not merely hoped for.

    Args:
        space: to search.
        budget: limits that hold for every architecture.
        num_classes: of the task.
        in_shape: of the task.

    Raises:
        InfeasibleBudget: says what the smallest architecture costs.
    """

    def __init__(self, space: SearchSpace, budget: Budget, num_classes: int, in_shape: Shape) -> None:
        self.space, self.budget = space, budget
        self._task = (num_classes, in_shape)
        smallest = space.costs(space.smallest, *self._task)
        if not budget.allows(smallest):
            raise InfeasibleBudget(
                f"no architecture of {space.name} has {budget}: "
                f"the smallest costs {smallest.params:,} parameters and {smallest.macs:,} MACs "
                f"for {num_classes} classes"
            )
        self.listed: tuple[Architecture, ...] | None = None
        if space.size <= ENUMERABLE:
            self.listed = tuple(
                arch for arch in dict.fromkeys(map(space.canonical, space.enumerate())) if self.allows(arch)
            )

    def allows(self, arch: Architecture) -> bool:
        """Whether `arch` is within the budget, by the space's formula."""
        return self.budget.allows(self.space.costs(arch, *self._task))

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A canonical architecture within the budget.

        Uniform where the space is listed. Elsewhere a random architecture whose decisions step down, in random order,
        until it fits: the fewest steps are found by bisection, since each step lowers the costs.
        """
        if self.listed is not None:
            return self.listed[int(rng.integers(len(self.listed)))]
        choices = np.array(self.space.sample(rng).choices)
        steps = rng.permutation(np.repeat(np.arange(len(choices)), choices))

        def after(count: int) -> Architecture:
            return self.space.arch((choices - np.bincount(steps[:count], minlength=len(choices))).tolist())

        fewest = bisect_left(range(len(steps) + 1), True, key=lambda count: self.allows(after(count)))
        return self.space.canonical(after(fewest))

    def beside(self, archs: Collection[Architecture]) -> list[Architecture]:
        """Other canonical architectures within the budget that are one step of one decision away from one of these.

        Each decision's options ascend in cost, so what is within a budget hangs together by such steps: from any one
        architecture they lead to all others.
        """
        found: dict[Architecture, None] = {}
        for arch in archs:
            for i, options in enumerate(self.space.options):
                for choice in (arch.choices[i] - 1, arch.choices[i] + 1):
                    if 0 <= choice < len(options):
                        near = self.space.arch([*arch.choices[:i], choice, *arch.choices[i + 1 :]])
                        found[self.space.canonical(near)] = None
        return [arch for arch in found if arch not in archs and self.allows(arch)]
