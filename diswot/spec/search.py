"""What a search is asked to do; data only, free of torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from diswot.errors import InputError
from diswot.search.algorithms import ALGORITHMS
from diswot.search.evolution import AgingEvolution
from diswot.search.exhaustive import Exhaustive, check_listed
from diswot.search.feasible import ENUMERABLE
from diswot.spec.constraints import COSTS, Constraints
from diswot.spec.option import AUTO, Option
from diswot.spec.score import ScoreSpec
from diswot_spaces import get_space

PARETO_COSTS = (*COSTS, "latency")
"""Costs that a score can be traded against."""
EVALUATIONS = 300
"""Architectures to evaluate unless told otherwise, where the space is not searched exhaustively."""
MOST = 1_000_000
"""Greatest number of evaluations."""
PROPOSALS = 20
"""Architectures that a search proposes at once, at most, unless told otherwise."""
YEAR = 366 * 24 * 3_600
"""Seconds."""
SIXTH = "a sixth of the evaluations, from 2 to {}"


def _evaluations(spec: SearchSpec) -> int:
    return ENUMERABLE if spec.algorithm == Exhaustive.name else EVALUATIONS


def _population(spec: SearchSpec) -> int:
    return max(2, min(50, spec.evaluations // 6))


def _tournament(spec: SearchSpec) -> int:
    return max(1, spec.population // 2)


def _proposals(spec: SearchSpec) -> int:
    return max(2, min(PROPOSALS, spec.evaluations // 6))


def _derived(derive: Callable[[SearchSpec], int], default: str, text: str, most: int = MOST) -> Option:
    """The option of a number whose default follows from other settings."""
    return Option(text, 1, most, derive=derive, default=default)


@dataclass(frozen=True, slots=True)
class SearchSpec(ScoreSpec):
    """One search, in full: two searches with equal specs give equal results, unless seconds or latency play a part.

    Numbers that follow from others where they are left out are filled in when the spec is made. `dataclasses.replace`
    keeps them. What is proposed, and so the result, depends on `proposals_per_batch`, but not on the number of workers.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    constraints: Constraints = field(default_factory=Constraints)
    algorithm: Annotated[
        str, Option(f"Search algorithm: {', '.join(ALGORITHMS.builtin)}, or the import path of one of your own.")
    ] = AgingEvolution.name
    pareto_cost: Annotated[
        str, Option("Cost that nsga2 trades against the score, and that has a Pareto front.", choices=PARETO_COSTS)
    ] = "macs"
    evaluations: Annotated[
        int, _derived(_evaluations, f"{EVALUATIONS}, or all by exhaustive search", "Largest number of evaluations.")
    ] = AUTO
    max_seconds: Annotated[
        float | None,
        Option("Seconds after which no batch of proposals begins; results then vary.", above=0, maximum=YEAR),
    ] = None
    patience: Annotated[
        int | None, Option("Number of evaluations in a row without a better score that ends the search.", 1, MOST)
    ] = None
    relaxation: Annotated[
        float,
        Option("Share by which upper limits are exceeded when neighbours of the best are evaluated at the end.", 0, 1),
    ] = 0.2
    finalists: Annotated[
        int, Option("Number of best candidates that get all initializations, beside those on Pareto fronts.", 1, MOST)
    ] = 20
    population: Annotated[int, _derived(_population, SIXTH.format(50), "Number of members of the population.")] = AUTO
    tournament: Annotated[
        int, _derived(_tournament, "half of the population", "Number of members of which the best becomes a parent.")
    ] = AUTO
    proposals_per_batch: Annotated[
        int, _derived(_proposals, SIXTH.format(PROPOSALS), "Number of architectures that are proposed at once.", 10_000)
    ] = AUTO

    def __post_init__(self) -> None:
        """Check everything that can be checked before work starts.

        Raises:
            InputError: with one sentence.
        """
        object.__setattr__(self, "algorithm", ALGORITHMS.name_of(self.algorithm))
        ScoreSpec.__post_init__(self)
        ALGORITHMS.find(self.algorithm)
        if self.algorithm == AgingEvolution.name and self.tournament > self.population:
            raise InputError(f"tournament must not exceed the population of {self.population}, not {self.tournament}")
        if self.algorithm == Exhaustive.name:
            check_listed(get_space(self.space), self.constraints)

    @property
    def times(self) -> bool:
        """Whether latency plays a part, and so is measured."""
        return self.constraints.times or self.pareto_cost == "latency"

    def check(self) -> None:
        """Raise `InputError` if this machine lacks something that is asked for: a file, or cores to measure latency."""
        ScoreSpec.check(self)
        if self.times:
            self.constraints.latency.check()
