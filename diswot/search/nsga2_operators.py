"""Selection, mating and survival of NSGA-II by pymoo, through its ask and tell; imported when a population breeds.

pymoo's algorithm is made anew for every step from the members and the generator, which are all that it remembers: what
continues from a stored state cannot differ from what was never interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import DuplicateElimination
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.repair import Repair

from diswot.search.member import Member
from diswot_spaces import Architecture, SearchSpace

Choices = NDArray[np.int64]


def offspring(
    members: Sequence[Member],
    count: int,
    space: SearchSpace,
    is_new: Callable[[Architecture], bool],
    rng: np.random.Generator,
) -> list[Architecture]:
    """Up to `count` distinct canonical children for which `is_new` holds: binary tournaments, crossover, mutation.

    Fewer after 100 rounds of mating.
    """
    algorithm = _resume(members, len(members), rng, space, is_new, count)
    children = algorithm.ask()
    return [] if children is None else list(map(space.arch, children.get("X").tolist()))


def survivors(members: Sequence[Member], born: Sequence[Member], count: int, rng: np.random.Generator) -> list[Member]:
    """The `count` best of members and newborn ones by front, then by crowding, with both figures brought up to date."""
    algorithm = _resume(members, count, rng)
    algorithm.tell(infills=_population(born))
    everyone = {member.arch.choices: member for member in (*members, *born)}
    return [
        replace(everyone[tuple(one.X.tolist())], rank=int(one.get("rank")), crowding=float(one.get("crowding")))
        for one in algorithm.pop
    ]


def _resume(
    members: Sequence[Member],
    size: int,
    rng: np.random.Generator,
    space: SearchSpace | None = None,
    is_new: Callable[[Architecture], bool] | None = None,
    count: int = 1,
) -> Any:
    """The algorithm of pymoo with this population; one without a space can only be told."""
    operators = {}
    if space is not None and is_new is not None:
        operators = {
            "crossover": _Crossover(space),
            "mutation": _Mutation(space),
            "repair": _Canonical(space),
            "eliminate_duplicates": _OnlyNew(space, is_new),
        }
    algorithm = NSGA2(pop_size=size, n_offsprings=count, **operators)
    variables = len(space.options) if space is not None else 1
    algorithm.setup(Problem(n_var=variables, n_obj=2))
    algorithm.random_state = rng
    algorithm.pop = _population(members)
    algorithm.is_initialized, algorithm.n_iter = True, 1
    return algorithm


def _population(members: Sequence[Member]) -> Any:
    """The members as pymoo knows them; it minimises both objectives."""
    if not members:
        return Population.empty()
    found = Population.new(
        X=np.array([member.arch.choices for member in members], dtype=np.int64),
        F=np.array([(-member.score, member.cost) for member in members], dtype=float),
    )
    found.set("rank", [member.rank for member in members])
    found.set("crowding", [member.crowding for member in members])
    return found


class _Crossover(Crossover):  # type: ignore[misc]  # pymoo has no types
    """The space's own crossover, of two parents to one child."""

    def __init__(self, space: SearchSpace) -> None:
        super().__init__(n_parents=2, n_offsprings=1)
        self.space = space

    def _do(self, _: object, x: Choices, *, random_state: np.random.Generator, **__: object) -> Choices:
        """`(2, matings, decisions)` to `(1, matings, decisions)`."""
        arch = self.space.arch
        pairs = zip(x[0].tolist(), x[1].tolist(), strict=True)
        return np.array([[self.space.crossover(arch(a), arch(b), random_state).choices for a, b in pairs]])


class _Mutation(Mutation):  # type: ignore[misc]
    """The space's own mutation: one decision changes."""

    def __init__(self, space: SearchSpace) -> None:
        super().__init__()
        self.space = space

    def _do(self, _: object, x: Choices, *, random_state: np.random.Generator, **__: object) -> Choices:
        """`(children, decisions)` to the same shape."""
        return np.array([self.space.mutate(self.space.arch(row), random_state).choices for row in x.tolist()])


class _Canonical(Repair):  # type: ignore[misc]
    """Every child in its canonical form."""

    def __init__(self, space: SearchSpace) -> None:
        super().__init__()
        self.space = space

    def _do(self, _: object, x: Choices, **__: object) -> Choices:
        """`(children, decisions)` to the same shape."""
        return np.array([self.space.canonical(self.space.arch(row)).choices for row in x.tolist()])


class _OnlyNew(DuplicateElimination):  # type: ignore[misc]
    """Takes out children that are known, outside the budget, or there already."""

    def __init__(self, space: SearchSpace, is_new: Callable[[Architecture], bool]) -> None:
        super().__init__()
        self.space, self.is_new = space, is_new
        self.seen: set[tuple[int, ...]] = set()

    def do(self, pop: Any, *_: Iterable[Any], **__: object) -> Any:
        """Those of `pop` that are met for the first time; what went before was met here too, or is known."""
        return pop[[i for i, row in enumerate(pop.get("X").tolist()) if self._is_first(tuple(row))]]

    def _is_first(self, choices: tuple[int, ...]) -> bool:
        if choices in self.seen:
            return False
        self.seen.add(choices)
        return self.is_new(self.space.arch(choices))
