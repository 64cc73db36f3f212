"""Ways into a budget where options ascend in cost: by bisection, and by exchanging decisions for one another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from diswot.search.repair import ConstraintRepair
from diswot_spaces import Architecture

if TYPE_CHECKING:
    import numpy as np


class OrderedRepair(ConstraintRepair):
    """For spaces that are monotone.

    What is below upper limits hangs together by single steps, and what is above lower ones does: from any one
    architecture they lead to all others. A range does not hang together; there a step of one decision is made good by
    another's.
    """

    def adjust(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` after the fewest steps down that hold every upper limit, or else up that hold every lower one."""
        if self.budget.exceeded(self.costs(arch)):
            return self.walk(arch, rng, up=False, until=lambda a: not self.budget.exceeded(self.costs(a)))
        if self.budget.missed(self.costs(arch)):
            return self.walk(arch, rng, up=True, until=lambda a: not self.budget.missed(self.costs(a)))
        return arch

    def walk(
        self, arch: Architecture, rng: np.random.Generator, *, up: bool, until: Callable[[Architecture], bool]
    ) -> Architecture:
        """`arch` after the fewest steps in random order `until` something holds, by bisection: each step adds to it."""
        import numpy as np

        choices = np.array(arch.choices)
        ends = np.array([len(options) - 1 for options in self.space.options])
        steps = rng.permutation(np.repeat(np.arange(len(choices)), ends - choices if up else choices))

        def after(count: int) -> Architecture:
            taken = np.bincount(steps[:count], minlength=len(choices))
            return self.space.arch((choices + (taken if up else -taken)).tolist())

        return after(bisect_left(range(len(steps)), True, key=lambda count: until(after(count))))

    def move(self, arch: Architecture, rng: np.random.Generator) -> tuple[Architecture, float]:
        """A random decision some steps up or down; two others answer by the option that is nearest to the budget."""
        i, *answering = map(int, rng.choice(len(arch.choices), min(3, len(arch.choices)), replace=False))
        step = int(rng.geometric(0.2)) * (1 if rng.random() < 0.5 else -1)
        last = len(self.space.options[i]) - 1
        trial = arch.changed(i, min(max(arch.choices[i] + step, 0), last))
        distance = self.distance(trial)
        for j in answering:
            if distance > 0:
                trial, distance = self._answer(trial, j)
        return trial, distance

    def _single(self, archs: Collection[Architecture]) -> list[Architecture]:
        return self._new((step for arch in archs for step in self._steps(arch)), archs)

    def _paired(self, archs: Collection[Architecture]) -> list[Architecture]:
        return super()._paired(archs) if self.budget.has_minima else []

    def _pairs(self, arch: Architecture) -> Iterator[Architecture]:
        """What is within the budget after one step of one decision and any number of steps of one other."""
        for stepped in self._steps(arch):
            i = next(i for i, choice in enumerate(arch.choices) if choice != stepped.choices[i])
            for j in range(len(arch.choices)):
                if j != i:
                    yield from self._within(stepped, j)

    def _steps(self, arch: Architecture) -> Iterator[Architecture]:
        for i, options in enumerate(self.space.options):
            for choice in (arch.choices[i] - 1, arch.choices[i] + 1):
                if 0 <= choice < len(options):
                    yield arch.changed(i, choice)

    def _answer(self, arch: Architecture, j: int) -> tuple[Architecture, float]:
        """`arch` with decision `j` at the option nearest to the budget, of the two around its lower limits."""
        first = self._first(arch, j)
        near = [choice for choice in (first, first - 1) if 0 <= choice < len(self.space.options[j])]
        trials = [arch.changed(j, choice) for choice in near]
        return min(((trial, self.distance(trial)) for trial in trials), key=lambda pair: pair[1])

    def _within(self, arch: Architecture, j: int) -> Iterator[Architecture]:
        """What is within the budget when only decision `j` may change: one stretch of its options."""
        for choice in range(self._first(arch, j), len(self.space.options[j])):
            within = arch.changed(j, choice)
            if not self.budget.allows(self.costs(within)):
                return
            yield within

    def _first(self, arch: Architecture, j: int) -> int:
        """The first option of decision `j` with which every lower limit holds; their number if none does."""

        def holds(choice: int) -> bool:
            return not self.budget.missed(self.costs(arch.changed(j, choice)))

        return bisect_left(range(len(self.space.options[j])), True, key=holds)
