"""NSGA-II as a state machine that is asked and told: score against one cost.

Deb, Pratap, Agarwal and Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE Transactions on
Evolutionary Computation 6(2), 2002. Selection, mating and survival are pymoo's, see `diswot.search.nsga2_operators`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import compress
from typing import Any

from diswot.search.feasible import Feasible
from diswot.search.member import Member
from diswot.search.unseen import sample_unseen
from diswot.seeds import stream
from diswot_spaces import Architecture

CostOf = Callable[[Architecture], float | None]
"""What an architecture costs; `None` if that could not be measured."""


class NSGA2:
    """Proposes architectures that are within the budget and not known yet, along the whole Pareto front.

    The population starts with random architectures. Every later batch is bred from the members that have been told by
    then, and competes with them for the places: a generation is a batch.

    Args:
        feasible: the space and its budget.
        seed: of every draw.
        population: members that survive a batch.
        cost: what is played off against the score.
    """

    name = "nsga2"

    def __init__(self, feasible: Feasible, seed: int, population: int, cost: CostOf) -> None:
        self.feasible = feasible
        self.population_size = population
        self.cost = cost
        self.members: list[Member] = []
        self.known: dict[Architecture, None] = {}
        self.bred: set[Architecture] = set()
        self.rng = stream(seed, self.name)

    def ask(self, count: int) -> list[Architecture]:
        """Up to `count` new architectures, each canonical, within the budget, and never proposed before.

        Fewer, or none, when the feasible part of the space is used up. What was asked must be told before asking again.
        """
        random = max(0, min(count, self.population_size - len(self.known)))
        proposals = self._note(self._draw(random))
        proposals += self._note(self._breed(count - len(proposals)))
        return proposals + self._note(self._draw(count - len(proposals)))

    def tell(self, results: Iterable[tuple[Architecture, float | None]]) -> None:
        """Scores of proposals, in the order asked; `None` for one that failed, which never becomes a member."""
        from diswot.search.nsga2_operators import survivors

        born = [
            Member(arch, score, cost)
            for arch, score in results
            if score is not None and (cost := self.cost(arch)) is not None
        ]
        if born:
            self.members = survivors(self.members, born, self.population_size, self.rng)

    def state(self) -> dict[str, Any]:
        """Everything that the next proposals depend on, as JSON values."""
        return {
            "members": [
                [list(m.arch.choices), m.score, m.cost, m.rank, m.crowding if math.isfinite(m.crowding) else None]
                for m in self.members
            ],
            "known": [list(arch.choices) for arch in self.known],
            "bred": [arch in self.bred for arch in self.known],
            "rng": self.rng.bit_generator.state,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        space = self.feasible.space
        self.members = [
            Member(space.arch(choices), score, cost, rank, math.inf if crowding is None else crowding)
            for choices, score, cost, rank, crowding in state["members"]
        ]
        self.known = dict.fromkeys(space.arch(choices) for choices in state["known"])
        self.bred = set(compress(self.known, state["bred"]))
        self.rng.bit_generator.state = state["rng"]

    def _note(self, archs: Iterable[Architecture]) -> list[Architecture]:
        noted = []
        for arch in archs:
            self.known[arch] = None
            noted.append(arch)
        return noted

    def _draw(self, count: int) -> Iterable[Architecture]:
        """Random architectures; each must be noted before the next is drawn."""
        for _ in range(count):
            arch = sample_unseen(self.feasible, self.known, self.rng)
            if arch is None:
                return
            yield arch

    def _breed(self, count: int) -> list[Architecture]:
        if not count or not self.members:
            return []
        from diswot.search.nsga2_operators import offspring

        children = offspring(self.members, count, self.feasible.space, self._is_new, self.rng)
        self.bred.update(children)
        return children

    def _is_new(self, arch: Architecture) -> bool:
        return arch not in self.known and self.feasible.allows(arch)
