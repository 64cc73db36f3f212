"""What a search is asked to do; data only, free of torch."""

from __future__ import annotations

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


def _evaluations(spec: SearchSpec) -> int:
    return ENUMERABLE if spec.algorithm == Exhaustive.name else EVALUATIONS


def _population(spec: SearchSpec) -> int:
    return max(2, min(50, spec.evaluations // 6))


def _tournament(spec: SearchSpec) -> int:
    return max(1, spec.population // 2)


def _proposals(spec: SearchSpec) -> int:
    return max(2, min(PROPOSALS, spec.evaluations // 6))


@dataclass(frozen=True, slots=True)
class SearchSpec(ScoreSpec):
    """One search, in full: two searches with equal specs give equal results, unless seconds or latency play a part.

    Numbers that follow from others where they are left out are filled in when the spec is made. `dataclasses.replace`
    keeps them.

    Attributes:
        constraints: limits that hold for every candidate.
        evaluations: architectures to evaluate, at most; by default 300, or all of them by exhaustive search.
        finalists: candidates with the best scores that get all of them, beside those on the fronts.
        population: members of the evolution that may become parents; by default a sixth of the evaluations, from 2 to
            50, so that a short search breeds too.
        tournament: members of which the best becomes the parent; by default half of the population.
        algorithm: name of what proposes the candidates, its import path, or what makes it.
        pareto_cost: the cost that `nsga2` trades against the score, and that the result's last front is drawn over.
        max_seconds: after which no further batch begins; the result then depends on the machine.
        patience: evaluations in a row without a better score that end the search.
        relaxation: how far beyond its upper limits to look at the end, as a share of them; see `diswot.search.beyond`.
        proposals_per_batch: architectures that are proposed at once, so that as many workers can be busy; by default a
            sixth of the evaluations, from 2 to 20. The result depends on it, and not on the number of workers.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    constraints: Constraints = field(default_factory=Constraints)
    algorithm: Annotated[
        str, Option(help=f"Search algorithm: {', '.join(ALGORITHMS.builtin)}, or the import path of one of your own.")
    ] = AgingEvolution.name
    pareto_cost: Annotated[
        str,
        Option(
            choices=PARETO_COSTS,
            help="Cost that nsga2 trades against the score, and that a Pareto front of every result is drawn over.",
        ),
    ] = "macs"
    evaluations: Annotated[
        int,
        Option(
            minimum=1,
            maximum=MOST,
            derive=_evaluations,
            default=f"{EVALUATIONS}, or every architecture for exhaustive search",
            help="Largest number of architectures to evaluate.",
        ),
    ] = AUTO
    max_seconds: Annotated[
        float | None,
        Option(
            above=0,
            maximum=YEAR,
            help="Seconds after which no further batch of proposals begins; the result then depends on the machine.",
        ),
    ] = None
    patience: Annotated[
        int | None,
        Option(
            minimum=1,
            maximum=MOST,
            help="Number of evaluations in a row without a better score after which the search ends.",
        ),
    ] = None
    relaxation: Annotated[
        float,
        Option(
            minimum=0,
            maximum=1,
            help="Share by which the upper limits are relaxed when neighbours of the best students are evaluated at "
            "the end, such as 0.2 for 20% more; 0 evaluates none.",
        ),
    ] = 0.2
    finalists: Annotated[
        int,
        Option(
            minimum=1,
            maximum=MOST,
            help="Number of best candidates that get all initializations, beside those on the Pareto fronts.",
        ),
    ] = 20
    population: Annotated[
        int,
        Option(
            minimum=1,
            maximum=MOST,
            derive=_population,
            default="a sixth of the evaluations, from 2 to 50",
            help="Number of members of the population from which architectures are bred.",
        ),
    ] = AUTO
    tournament: Annotated[
        int,
        Option(
            minimum=1,
            maximum=MOST,
            derive=_tournament,
            default="half of the population",
            help="Number of members of a tournament, the best of which becomes a parent.",
        ),
    ] = AUTO
    proposals_per_batch: Annotated[
        int,
        Option(
            minimum=1,
            maximum=10_000,
            derive=_proposals,
            default="a sixth of the evaluations, from 2 to 20",
            help="Number of architectures that are proposed at once; the result depends on it, and not on the number "
            "of workers.",
        ),
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
