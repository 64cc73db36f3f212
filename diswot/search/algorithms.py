"""The search algorithms, by name: state machines that are asked for proposals and told their scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from diswot.errors import InputError
from diswot.search.evolution import AgingEvolution
from diswot.search.exhaustive import Exhaustive
from diswot.search.feasible import Feasible
from diswot.search.nsga2 import NSGA2, CostOf
from diswot.search.random_search import RandomSearch
from diswot_spaces import Architecture, Registry


@runtime_checkable
class Algorithm(Protocol):
    """Proposes architectures; all that it remembers is in its state."""

    name: str

    @property
    def bred(self) -> Collection[Architecture]:
        """Those of its proposals that were bred from candidates before them; the others were drawn."""

    def ask(self, count: int) -> list[Architecture]:
        """Up to `count` new architectures, each canonical, within the budget, and never proposed before.

        Fewer, or none, when there are no more. What was asked must be told before asking again.
        """

    def tell(self, results: Iterable[tuple[Architecture, float | None]]) -> None:
        """Scores of proposals, in the order asked; `None` for one that failed."""

    def state(self) -> dict[str, Any]:
        """Everything that the next proposals depend on, as JSON values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""


@dataclass(frozen=True, slots=True)
class AlgorithmSettings:
    """What a search tells its algorithm beside what is feasible.

    Attributes:
        seed: of every draw.
        population: members that may become parents.
        tournament: members of which the best becomes the parent.
        cost: of an architecture, for algorithms of two objectives.
    """

    seed: int
    population: int
    tournament: int
    cost: CostOf


AlgorithmFactory: TypeAlias = Callable[[Feasible, AlgorithmSettings], Algorithm]
"""Makes an algorithm for the architectures within a budget; a class whose constructor takes the two is one."""


def _evolution(feasible: Feasible, settings: AlgorithmSettings) -> Algorithm:
    return AgingEvolution(feasible, settings.seed, settings.population, settings.tournament)


def _nsga2(feasible: Feasible, settings: AlgorithmSettings) -> Algorithm:
    return NSGA2(feasible, settings.seed, settings.population, settings.cost)


def _random(feasible: Feasible, settings: AlgorithmSettings) -> Algorithm:
    return RandomSearch(feasible, settings.seed)


def _exhaustive(feasible: Feasible, settings: AlgorithmSettings) -> Algorithm:
    return Exhaustive(feasible, settings.seed)


def _factory(found: object) -> AlgorithmFactory:
    if not callable(found):
        raise InputError(f"an algorithm is a class or a function that makes one, not {found!r}")
    return cast("AlgorithmFactory", found)


ALGORITHMS: Registry[AlgorithmFactory] = Registry(
    "algorithm",
    "diswot.algorithms",
    {
        AgingEvolution.name: _evolution,
        NSGA2.name: _nsga2,
        RandomSearch.name: _random,
        Exhaustive.name: _exhaustive,
    },
    _factory,
)
"""The search algorithms, by name."""


def make_algorithm(name: str, feasible: Feasible, settings: AlgorithmSettings) -> Algorithm:
    """The search algorithm of a name or an import path, at its beginning.

    Raises:
        UnknownName: lists the valid names.
        InputError: what the import path names makes something else.
    """
    made = ALGORITHMS.find(name)(feasible, settings)
    if not isinstance(made, Algorithm):
        raise InputError(f"algorithm {name!r} lacks some of name, bred, ask, tell, state and restore")
    return made
