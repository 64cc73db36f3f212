"""What a search is asked to do; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from diswot.errors import InputError
from diswot.probes.spec import ProbeSpec
from diswot.proxies import get_score
from diswot.search.budget import Budget
from diswot.teachers.spec import TeacherSpec
from search_spaces import get_space


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """One search, in full: two searches with equal specs give equal results.

    Attributes:
        teacher: whom the students will learn from.
        space: name of the search space.
        score: name of the proxy or aggregate that ranks.
        probe: the batch.
        budget: limits that hold for every candidate.
        evaluations: architectures to measure.
        seed: of the search, the probe, the teacher and the students.
        seeds: random initialisations of each student.
        initialisations: random initialisations of the teacher.
        population: members of the evolution that may become parents.
        tournament: of which size the best becomes the parent.
    """

    teacher: TeacherSpec
    space: str = "nasbench201"
    score: str = "default"
    probe: ProbeSpec = field(default_factory=ProbeSpec)
    budget: Budget = field(default_factory=Budget)
    evaluations: int = 300
    seed: int = 0
    seeds: int = 2
    initialisations: int = 8
    population: int = 50
    tournament: int = 10

    def __post_init__(self) -> None:
        """Check everything that can be checked before work starts.

        Raises:
            InputError: with one sentence.
        """
        get_space(self.space)
        get_score(self.score)
        for name in ("evaluations", "seeds", "initialisations", "population", "tournament"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.seed < 0:
            raise InputError(f"seed must be a whole number from 0, not {self.seed}")
        if self.tournament > self.population:
            raise InputError(f"tournament must not exceed the population of {self.population}, not {self.tournament}")
