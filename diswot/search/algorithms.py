"""The search algorithms, by name: state machines that are asked for proposals and told their scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from diswot.search.evolution import AgingEvolution
from diswot.search.exhaustive import Exhaustive
from diswot.search.feasible import Feasible
from diswot.search.nsga2 import NSGA2, CostOf
from diswot.search.random_search import RandomSearch
from search_spaces import Architecture

if TYPE_CHECKING:
    from diswot.search.spec import SearchSpec


class Algorithm(Protocol):
    """Proposes architectures; all that it remembers is in its state."""

    name: str

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


def _evolution(feasible: Feasible, spec: SearchSpec, _: CostOf) -> Algorithm:
    return AgingEvolution(feasible, spec.seed, spec.population, spec.contenders)


def _nsga2(feasible: Feasible, spec: SearchSpec, cost: CostOf) -> Algorithm:
    return NSGA2(feasible, spec.seed, spec.population, cost)


def _random(feasible: Feasible, spec: SearchSpec, _: CostOf) -> Algorithm:
    return RandomSearch(feasible, spec.seed)


def _exhaustive(feasible: Feasible, spec: SearchSpec, _: CostOf) -> Algorithm:
    return Exhaustive(feasible, spec.seed)


ALGORITHMS: dict[str, Callable[[Feasible, SearchSpec, CostOf], Algorithm]] = {
    AgingEvolution.name: _evolution,
    NSGA2.name: _nsga2,
    RandomSearch.name: _random,
    Exhaustive.name: _exhaustive,
}
"""Each makes its algorithm of what lies within the budget, what is asked, and what an architecture costs."""
