"""Thin ranges of a space too large to list: found by exchanging decisions for one another."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from diswot.spec.constraints import Constraints
from search_spaces import Architecture, Costs, SearchSpace

MEMORY = 20
"""Exchanges whose distance a later one may return to."""
WANDER = 60
"""Exchanges tried from an architecture that is known to be within a budget."""


class Region:
    """The part of a space within a budget, as walks see it.

    Args:
        space: whose decisions' options ascend in every cost.
        budget: its ranges.
        costs: of an architecture, by formula.
    """

    def __init__(self, space: SearchSpace, budget: Constraints, costs: Callable[[Architecture], Costs]) -> None:
        self.space, self.budget, self.costs = space, budget, costs

    def approach(self, arch: Architecture, rng: np.random.Generator, moves: int) -> Architecture:
        """Walk from `arch` towards the budget; ends within it or after so many moves, then anywhere.

        A move takes a random decision some steps up or down and lets two others answer, one after the other, by the
        option that brings the costs nearest. It is kept if that is nearer than now, or than it was 20 moves ago.

        Source: Burke and Bykov, "The late acceptance hill-climbing heuristic", EJOR 2017: there is no scale to tune.
        """
        far = self._distance(arch)
        late = deque([far] * MEMORY, maxlen=MEMORY)
        for _ in range(moves):
            if far == 0:
                break
            trial, distance = self._move(arch, rng)
            if distance <= max(far, late[0]):
                arch, far = trial, distance
            late.append(far)
        return arch

    def wander(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """An architecture within the budget some moves away from `arch`, which is; `arch` itself if none is found."""
        for _ in range(WANDER):
            trial, distance = self._move(arch, rng)
            if distance == 0:
                arch = trial
        return arch

    def exchanges(self, arch: Architecture) -> Iterator[Architecture]:
        """What is within the budget after one step of one decision and any number of steps of one other."""
        for i, options in enumerate(self.space.options):
            for choice in (arch.choices[i] - 1, arch.choices[i] + 1):
                if 0 <= choice < len(options):
                    stepped = _with(arch.choices, i, choice)
                    for j in range(len(arch.choices)):
                        if j != i:
                            yield from self._within(stepped, j)

    def _move(self, arch: Architecture, rng: np.random.Generator) -> tuple[Architecture, float]:
        i, *answering = map(int, rng.choice(len(arch.choices), min(3, len(arch.choices)), replace=False))
        step = int(rng.geometric(0.2)) * (1 if rng.random() < 0.5 else -1)
        last = len(self.space.options[i]) - 1
        trial = self.space.arch(_with(arch.choices, i, min(max(arch.choices[i] + step, 0), last)))
        distance = self._distance(trial)
        for j in answering:
            if distance > 0:
                trial, distance = self._answer(trial, j)
        return trial, distance

    def _answer(self, arch: Architecture, j: int) -> tuple[Architecture, float]:
        """`arch` with decision `j` at the option nearest to the budget, of the two around its lower limits."""
        first = self._first(arch.choices, j)
        near = [choice for choice in (first, first - 1) if 0 <= choice < len(self.space.options[j])]
        trials = [self.space.arch(_with(arch.choices, j, choice)) for choice in near]
        return min(((trial, self._distance(trial)) for trial in trials), key=lambda pair: pair[1])

    def _within(self, choices: Sequence[int], j: int) -> Iterator[Architecture]:
        """What is within the budget when only decision `j` may change: one stretch of its options."""
        for choice in range(self._first(choices, j), len(self.space.options[j])):
            arch = self.space.arch(_with(choices, j, choice))
            if not self.budget.allows(self.costs(arch)):
                return
            yield arch

    def _first(self, choices: Sequence[int], j: int) -> int:
        """The first option of decision `j` with which every lower limit holds; their number if none does."""

        def holds(choice: int) -> bool:
            return not self.budget.missed(self.costs(self.space.arch(_with(choices, j, choice))))

        return bisect_left(range(len(self.space.options[j])), True, key=holds)

    def _distance(self, arch: Architecture) -> float:
        return self.budget.distance(self.costs(arch))


def _with(choices: Sequence[int], i: int, choice: int) -> list[int]:
    return [*choices[:i], choice, *choices[i + 1 :]]
