"""What a search is asked to do; data only, free of torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from diswot.errors import InputError, UnknownName
from diswot.probes.spec import ProbeSpec
from diswot.proxies import get_score
from diswot.search.algorithms import ALGORITHMS
from diswot.search.budget import COSTS, Budget
from diswot.search.evolution import AgingEvolution
from diswot.search.exhaustive import Exhaustive, check_listed
from diswot.teachers.spec import TeacherSpec
from search_spaces import get_space

AGAINST = (*COSTS, "latency")
"""Costs that a score can be played off against."""
MAX_BEYOND = 1.0
"""How far beyond a budget a search may look: twice as much."""


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """One search, in full: two searches with equal specs give equal results, unless seconds or latency play a part.

    Attributes:
        teacher: whom the students will learn from.
        space: name of the search space.
        score: name of the proxy or aggregate that ranks.
        probe: the batch.
        budget: limits that hold for every candidate.
        evaluations: architectures to measure, at most.
        seed: of the search, the probe, the teacher and the students.
        seeds: random initialisations of each finalist; the search steers by the first one.
        finalists: candidates with the best scores that get all of them, beside those on the fronts.
        initialisations: random initialisations of the teacher.
        population: members of the evolution that may become parents.
        tournament: members of which the best becomes the parent; by default half of the population.
        algorithm: name of what proposes the candidates.
        against: the cost that `nsga2` plays off against the score, and that the result's last front is drawn over.
        seconds: after which no further batch begins; the result then depends on the machine.
        plateau: evaluations in a row without a better score that end the search.
        beyond: how far beyond its upper limits to look at the end, as a share of them; see `diswot.search.beyond`.
    """

    teacher: TeacherSpec
    space: str = "nasbench201"
    score: str = "default"
    probe: ProbeSpec = field(default_factory=ProbeSpec)
    budget: Budget = field(default_factory=Budget)
    evaluations: int = 300
    seed: int = 0
    seeds: int = 3
    finalists: int = 20
    initialisations: int = 8
    population: int = 50
    tournament: int | None = None
    algorithm: str = AgingEvolution.name
    against: str = "macs"
    seconds: float | None = None
    plateau: int | None = None
    beyond: float = 0.0

    def __post_init__(self) -> None:
        """Check everything that can be checked before work starts.

        Raises:
            InputError: with one sentence.
        """
        get_space(self.space)
        get_score(self.score)
        for name in ("evaluations", "plateau", "seeds", "finalists", "initialisations", "population", "tournament"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise InputError(f"{name} must be at least 1, not {count}")
        if self.seed < 0:
            raise InputError(f"seed must be a whole number from 0, not {self.seed}")
        if self.algorithm == AgingEvolution.name and self.contenders > self.population:
            raise InputError(f"tournament must not exceed the population of {self.population}, not {self.tournament}")
        self._check_algorithm()

    @property
    def contenders(self) -> int:
        """Members of a tournament."""
        return max(1, self.population // 2) if self.tournament is None else self.tournament

    @property
    def times(self) -> bool:
        """Whether latency plays a part, and so is measured."""
        return self.budget.times or self.against == "latency"

    def _check_algorithm(self) -> None:
        ALGORITHMS.find(self.algorithm)
        if self.against not in AGAINST:
            raise UnknownName("cost", self.against, AGAINST)
        if self.algorithm == Exhaustive.name:
            check_listed(get_space(self.space))
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise InputError(f"seconds must be a number above 0, not {self.seconds:g}")
        if not 0 <= self.beyond <= MAX_BEYOND:
            raise InputError(
                f"beyond must be a share from 0 to {MAX_BEYOND:g}, such as 0.2 for 20% more, not {self.beyond:g}"
            )
