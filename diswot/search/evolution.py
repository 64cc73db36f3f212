"""Aging evolution as a state machine that is told and asked.

Real et al., "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019, algorithm 1: the best of a
random tournament is mutated, the child joins the population, the oldest member leaves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import compress
from typing import Any

from diswot.errors import InputError
from diswot.search.feasible import Feasible
from diswot.search.unseen import sample_unseen
from diswot.seeds import stream
from diswot_spaces import Architecture

PARENTS, MUTATIONS = 12, 4
"""Parents in a row, and mutations of each, that may lead to known or infeasible architectures before a random one is
drawn. In a tight budget many a parent has no neighbours left: another one is worth more than a long walk from it."""


class AgingEvolution:
    """Proposes architectures that are within the budget and not known yet.

    Args:
        feasible: the space and its budget.
        seed: of every draw.
        population: members that may become parents.
        tournament: members drawn, of which the best becomes the parent.

    Raises:
        InputError: a population or tournament below one, or a tournament above the population.
    """

    name = "aging-evolution"

    def __init__(self, feasible: Feasible, seed: int, population: int = 50, tournament: int = 25) -> None:
        if not 1 <= tournament <= population:
            raise InputError(f"tournament must be between 1 and the population of {population}, not {tournament}")
        self.feasible = feasible
        self.population_size = population
        self.tournament = tournament
        self.population: deque[tuple[Architecture, float]] = deque(maxlen=population)
        self.known: dict[Architecture, None] = {}
        self.bred: set[Architecture] = set()
        self.rng = stream(seed, self.name)

    def ask(self, count: int) -> list[Architecture]:
        """Up to `count` new architectures, each canonical, within the budget, and never proposed before.

        Fewer, or none, when the feasible part of the space is used up. What was asked must be told before asking again.
        """
        proposals: list[Architecture] = []
        for _ in range(count):
            arch = self._propose()
            if arch is None:
                break
            self.known[arch] = None
            proposals.append(arch)
        return proposals

    def tell(self, results: Iterable[tuple[Architecture, float | None]]) -> None:
        """Scores of proposals, in the order asked; `None` for one that failed, which never becomes a parent."""
        self.population.extend((arch, score) for arch, score in results if score is not None)

    def state(self) -> dict[str, Any]:
        """Everything that the next proposals depend on, as JSON values."""
        return {
            "population": [[list(arch.choices), score] for arch, score in self.population],
            "known": [list(arch.choices) for arch in self.known],
            "bred": [arch in self.bred for arch in self.known],
            "rng": self.rng.bit_generator.state,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        space = self.feasible.space
        self.population.clear()
        self.population.extend((space.arch(choices), score) for choices, score in state["population"])
        self.known = dict.fromkeys(space.arch(choices) for choices in state["known"])
        self.bred = set(compress(self.known, state["bred"]))
        self.rng.bit_generator.state = state["rng"]

    def _propose(self) -> Architecture | None:
        if len(self.known) >= self.population_size and self.population:
            for _ in range(PARENTS):
                arch = self._parent()
                for _ in range(MUTATIONS):
                    arch = self.feasible.space.canonical(self.feasible.space.mutate(arch, self.rng))
                    if self._is_new(arch):
                        self.bred.add(arch)
                        return arch
        return sample_unseen(self.feasible, self.known, self.rng)

    def _parent(self) -> Architecture:
        drawn = self.rng.choice(len(self.population), min(self.tournament, len(self.population)), replace=False)
        return max((self.population[int(i)] for i in drawn), key=lambda member: member[1])[0]

    def _is_new(self, arch: Architecture) -> bool:
        return arch not in self.known and self.feasible.allows(arch)
