"""What clients send: the body of a search, checked as the command line checks its options."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from diswot.errors import InputError
from diswot.proxies import SCORES
from diswot.search.algorithms import ALGORITHMS
from diswot.search.feasible import ENUMERABLE, Feasible, check_bounds
from diswot.spec.constraints import Constraints as Limits
from diswot.spec.latency import LatencySetup
from diswot.spec.probe import SEEDED, ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from search_spaces import SPACES, get_space

MAX_EVALUATIONS = 20_000
MAX_CLASSES = 25_000
MAX_SIDE = 512
MAX_IMAGES = 1024
MAX_PROBE_VALUES = 2**26
"""Numbers in a probe batch: images x channels x height x width."""
MAX_SEEDS = 32
MAX_THREADS = 256
MAX_POPULATION = 10_000
MAX_SEED = 2**63 - 1

_DEFAULT = SearchSpec(TeacherSpec("resnet56"))
"""Where the library's defaults are read from; a request always names its own teacher."""

Name = Annotated[str, StringConstraints(max_length=300)]
Label = Annotated[str, StringConstraints(max_length=200)]
Side = Annotated[int, Field(le=MAX_SIDE)]


class Request(BaseModel):
    """Base of what clients send: no unknown fields, and no guessing of types. The library checks lower limits."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TeacherRequest(Request):
    """Whom the students will learn from; `GET /v1/teachers` lists the names."""

    name: Name
    num_classes: int = Field(default=_DEFAULT.teacher.num_classes, le=MAX_CLASSES)
    in_shape: Annotated[list[Side], Field(min_length=3, max_length=3, description="channels, height, width")] = list(
        _DEFAULT.teacher.in_shape
    )


class Limit(Request):
    """What a student may cost in one respect: at most, at least, or between."""

    min: int | None = None
    max: int | None = None


class LatencyLimit(Request):
    """Seconds that a batch may take, as measured on the machine that searches; results then differ from run to run."""

    min: float | None = None
    max: float | None = None
    device: Name = _DEFAULT.constraints.latency.device
    threads: int = Field(default=_DEFAULT.constraints.latency.threads, le=MAX_THREADS)
    batch: int = Field(default=_DEFAULT.constraints.latency.batch, le=MAX_IMAGES)

    def setup(self) -> LatencySetup:
        """Under what circumstances to measure."""
        return LatencySetup(self.device, self.threads, self.batch)


class Constraints(Request):
    """Limits that hold for every student; the result shows the figures. `memory` is in bytes, `latency` in seconds."""

    params: Limit = Limit()
    macs: Limit = Limit()
    memory: Limit = Limit()
    latency: LatencyLimit = LatencyLimit()

    def budget(self) -> Limits:
        """What the library is asked to hold.

        Raises:
            InputError: a limit is not positive, or a range is empty.
        """
        return Limits(
            min_params=self.params.min,
            max_params=self.params.max,
            min_macs=self.macs.min,
            max_macs=self.macs.max,
            min_memory=self.memory.min,
            max_memory=self.memory.max,
            min_latency=self.latency.min,
            max_latency=self.latency.max,
            latency=self.latency.setup(),
        )


class BudgetRequest(Request):
    """What the search may spend."""

    evaluations: int = Field(default=_DEFAULT.evaluations, le=MAX_EVALUATIONS)


class AlgorithmRequest(Request):
    """How the space is searched."""

    name: Name = _DEFAULT.algorithm
    population: int | None = Field(default=None, le=MAX_POPULATION)
    tournament: int | None = Field(default=None, le=MAX_POPULATION)

    def sizes(self) -> dict[str, Any]:
        """Those that are asked for."""
        return self.model_dump(include={"population", "tournament"}, exclude_none=True)


class ProbeRequest(Request):
    """Images that the networks are observed on; over HTTP these are seeded ones, for clients name no files."""

    source: Name = _DEFAULT.probe.source
    size: int = Field(default=_DEFAULT.probe.size, le=MAX_IMAGES)


class SearchRequest(Request):
    """A search; everything but the teacher has the defaults of the command line."""

    teacher: TeacherRequest
    search_space: Name = _DEFAULT.space
    constraints: Constraints = Constraints()
    budget: BudgetRequest = BudgetRequest()
    algorithm: AlgorithmRequest = AlgorithmRequest()
    score: Name = _DEFAULT.score
    probe: ProbeRequest = ProbeRequest()
    seeds: int = Field(
        default=_DEFAULT.student_inits, le=MAX_SEEDS, description="random initialisations of each finalist"
    )
    finalists: int = Field(
        default=_DEFAULT.finalists,
        le=MAX_POPULATION,
        description="best candidates that get all of them, beside those on the fronts",
    )
    initialisations: int = Field(
        default=_DEFAULT.teacher_inits, le=MAX_SEEDS, description="random initialisations of the teacher"
    )
    seed: int = Field(default=_DEFAULT.seed, le=MAX_SEED, description="of everything random")
    labels: dict[Label, Label] = Field(default_factory=dict, max_length=16, description="for your own use")

    def normalised(self) -> dict[str, Any]:
        """The request with every default filled in, without its labels."""
        return self.model_dump(mode="json", exclude={"labels"})

    def search_spec(self) -> SearchSpec:
        """What the library is asked to do.

        Raises:
            InputError: with the sentence that the command line gives.
        """
        if self.probe.source not in SEEDED:
            raise InputError(f"probe {self.probe.source!r} cannot be had over HTTP; valid: {', '.join(SEEDED)}")
        SPACES.named(self.search_space)  # the library takes import paths, too, which run code
        ALGORITHMS.named(self.algorithm.name)
        SCORES.named(self.score)
        channels, height, width = self.teacher.in_shape
        spec = SearchSpec(
            teacher=TeacherSpec(self.teacher.name, self.teacher.num_classes, (channels, height, width)),
            space=self.search_space,
            score=self.score,
            probe=ProbeSpec(self.probe.source, self.probe.size),
            constraints=self.constraints.budget(),
            evaluations=self.budget.evaluations,
            seed=self.seed,
            student_inits=self.seeds,
            finalists=self.finalists,
            teacher_inits=self.initialisations,
            algorithm=self.algorithm.name,
            **self.algorithm.sizes(),
        )
        values = self.probe.size * prod(self.teacher.in_shape)
        if values > MAX_PROBE_VALUES:
            raise InputError(
                f"probe images of this size and number hold {values:,} values; at most {MAX_PROBE_VALUES:,} are allowed"
            )
        return spec


def check_feasible(spec: SearchSpec) -> None:
    """Refuse a budget that the formulas of the space rule out, and threads that this machine does not have.

    A range that lies within the reach of a space may still hold nothing: in a space that can be listed that is found
    out here, within a second; elsewhere, and where latency is concerned, by the worker.

    Raises:
        InfeasibleBudget: says what comes nearest.
        InputError: the machine has fewer cores than latency shall be measured with.
    """
    space, task = get_space(spec.space), (spec.teacher.num_classes, spec.teacher.in_shape)
    if spec.constraints.times:
        spec.constraints.latency.check()
    if not space.has_formulas:  # torch would count, which this process does without
        return
    check_bounds(space, spec.constraints, *task)
    exact = space.monotone and not spec.constraints.has_minima
    if not exact and space.size is not None and space.size <= ENUMERABLE:
        Feasible(space, spec.constraints, *task)
