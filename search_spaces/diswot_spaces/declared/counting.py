"""Counting and sampling of what constraints allow, by eliminating one decision after the other.

Decisions that share no constraint are independent; where constraints link few decisions at a time, sums over one of
them leave small tables of the others. This is the variable elimination of Dechter, "Bucket elimination: A unifying
framework for reasoning", Artificial Intelligence 113 (1999), with exact whole numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from math import prod
from operator import itemgetter
from typing import Any

TABLE = 400_000
"""Greatest number of combinations that are gone through at once."""
WORK = 1_000_000
"""Greatest number of combinations that are gone through for one space, or to count it once."""

Choices = Sequence[int]


class TooWideError(Exception):
    """Constraints link too many decisions to be counted exactly."""


@dataclass(frozen=True)
class Factor:
    """A constraint between decisions.

    Attributes:
        scope: numbers of the decisions, ascending; not empty.
        allowed: combinations of their options that may be taken.
    """

    scope: tuple[int, ...]
    allowed: frozenset[tuple[int, ...]]

    def holds(self, choices: Choices | Mapping[int, int]) -> bool:
        """Whether an architecture keeps it."""
        return tuple(choices[i] for i in self.scope) in self.allowed


def factor(scope: tuple[int, ...], sizes: Sequence[int], holds: Callable[[list[int]], Any]) -> Factor:
    """The constraint that a predicate of all choices makes between the decisions that it looks at."""
    choices = [0] * len(sizes)
    allowed = []
    for taken in product(*(range(sizes[i]) for i in scope)):
        for i, choice in zip(scope, taken, strict=True):
            choices[i] = choice
        if holds(choices):
            allowed.append(taken)
    return Factor(scope, frozenset(allowed))


Table = tuple[tuple[int, ...], dict[tuple[int, ...], int]]
"""Decisions, and a number for each of their combinations that has one."""


@dataclass(frozen=True)
class _Step:
    """How a decision is drawn when those of `given` are known: cumulated weights of its options by their choices."""

    decision: int
    given: tuple[int, ...]
    weights: dict[tuple[int, ...], list[float]]


class Counted:
    """The architectures that constraints allow.

    Args:
        sizes: number of options of each decision.
        factors: constraints between them.

    Attributes:
        total: number of architectures.

    Raises:
        TooWideError: constraints link too many decisions.
    """

    def __init__(self, sizes: Sequence[int], factors: Iterable[Factor]) -> None:
        self._sizes = tuple(sizes)
        tables: list[Table] = [(one.scope, dict.fromkeys(one.allowed, 1)) for one in factors]
        linked = {i for scope, _ in tables for i in scope}
        self._free = [(i, size) for i, size in enumerate(sizes) if i not in linked]
        self._steps: list[_Step] = []
        self.total = prod(size for _, size in self._free)
        work = 0
        while linked:
            decision = min(linked, key=lambda i: (self._work(i, tables), i))
            work += self._work(decision, tables)
            if work > WORK:
                raise TooWideError
            linked.remove(decision)
            tables = self._eliminate(decision, tables)
        self._steps.reverse()

    def sample(self, uniform: Sequence[float]) -> tuple[int, ...]:
        """An architecture, each with equal odds.

        Args:
            uniform: as many numbers from 0 to 1, 1 excluded, as there are decisions.
        """
        choices = [0] * len(self._sizes)
        for i, size in self._free:
            choices[i] = int(uniform[i] * size)
        for step in self._steps:
            weights = step.weights[tuple([choices[i] for i in step.given])]
            choices[step.decision] = bisect_right(weights, uniform[step.decision] * weights[-1])
        return tuple(choices)

    def _work(self, decision: int, tables: list[Table]) -> int:
        return prod(self._sizes[i] for i in {i for scope, _ in tables if decision in scope for i in scope})

    def _eliminate(self, decision: int, tables: list[Table]) -> list[Table]:
        """Tables without a decision: its options are summed over, and their shares kept for sampling."""
        if self._work(decision, tables) > TABLE:
            raise TooWideError
        mine = [table for table in tables if decision in table[0]]
        given = tuple(sorted({i for scope, _ in mine for i in scope} - {decision}))
        at = {i: n for n, i in enumerate((*given, decision))}
        parts = [(_picker([at[i] for i in scope]), rows) for scope, rows in mine]
        sums: dict[tuple[int, ...], int] = {}
        weights: dict[tuple[int, ...], list[float]] = {}
        for known in product(*(range(self._sizes[i]) for i in given)):
            options = [
                prod([rows.get(pick((*known, option)), 0) for pick, rows in parts])
                for option in range(self._sizes[decision])
            ]
            if total := sum(options):
                sums[known] = total
                weights[known] = [share / total for share in accumulate(options)]
        self._steps.append(_Step(decision, given, weights))
        rest = [table for table in tables if decision not in table[0]]
        if given:
            return [*rest, (given, sums)]
        self.total *= sums.get((), 0)
        return rest


def _picker(positions: list[int]) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    if len(positions) == 1:
        (only,) = positions
        return lambda row: (row[only],)
    pick: Callable[[tuple[int, ...]], tuple[int, ...]] = itemgetter(*positions)
    return pick
