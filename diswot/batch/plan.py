"""The plan of a batch as people write it, and the searches that it asks for; free of torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from diswot.errors import InputError
from diswot.quantities import parse_bytes, parse_count, parse_seconds
from diswot.search.feasible import Feasible
from diswot.spec.constraints import COSTS, Constraints
from diswot.spec.latency import LatencySetup
from diswot.spec.probe import DTYPES, SEEDED, ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from search_spaces import get_space

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
NAME_LENGTH = 60
QUANTITY = "quantity"
"""Kind of the complaint about what is no quantity."""


def _written(value: Any) -> str:
    """A number as it was written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PydanticCustomError(QUANTITY, "a quantity")
    return str(value)


Amount = Annotated[
    str, BeforeValidator(_written), WithJsonSchema({"type": ["string", "number"], "examples": ["0.5M", 500000, "4ms"]})
]
"""A quantity as people write it, with or without a unit."""


class Part(BaseModel):
    """Base of the parts of a plan: no unknown fields, nothing converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TeacherPart(Part):
    """A teacher."""

    name: str = Field(description="as `diswot teachers` lists them")
    classes: int = Field(default=100, description="of the task")
    input: list[int] = Field(default=[3, 32, 32], min_length=3, max_length=3, description="channels, height, width")
    weights: str | None = Field(default=None, description="a safetensors file of trained weights")
    label: str | None = Field(default=None, description="what it is called in folders and tables; by default its name")


class LatencyPart(Part):
    """Under what circumstances latency is measured."""

    device: str = "cpu"
    threads: int = 1
    batch: int = 1


class BudgetPart(Part):
    """Limits on a student's costs; an empty one is no limit."""

    min_params: Amount | None = None
    max_params: Amount | None = None
    min_macs: Amount | None = None
    max_macs: Amount | None = None
    min_memory: Amount | None = None
    max_memory: Amount | None = None
    min_latency: Amount | None = None
    max_latency: Amount | None = None
    latency: LatencyPart = LatencyPart()


class SearchPart(Part):
    """What all searches share; the names and defaults of `diswot search`."""

    algorithm: str = "aging-evolution"
    pareto_cost: str = "macs"
    evaluations: int | None = Field(default=None, description="by default 300, or all for exhaustive search")
    max_seconds: float | None = Field(default=None, description="time after which no further batch of a search begins")
    patience: int | None = Field(default=None, description="evaluations in a row without a better score that end it")
    relaxation: float = Field(
        default=0.2, description="how far beyond the upper limits to take a look; 0 for not at all"
    )
    score: str = "default"
    probe: str = SEEDED[0]
    probe_size: int = 16
    dtype: str = DTYPES[0]
    student_inits: int = Field(default=3, description="random initializations of each finalist")
    finalists: int = Field(default=20, description="best candidates that get all of them, beside those on the fronts")
    teacher_inits: int = Field(default=8, description="random initializations of the teacher")
    population: int | None = None
    proposals_per_batch: int | None = None
    tournament: int | None = Field(
        default=None, description="members of which the best becomes a parent; by default half"
    )


class Plan(Part):
    """A batch of searches: every teacher, in every space, under every budget, with every seed."""

    teachers: list[TeacherPart] = Field(min_length=1)
    spaces: list[str] = Field(min_length=1, description="as `diswot spaces` lists them")
    budgets: dict[str, BudgetPart] = Field(min_length=1, description="by the name that you give them")
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1, description="of the searches")
    search: SearchPart = SearchPart()


@dataclass(frozen=True, slots=True)
class Job:
    """One search of a batch.

    Attributes:
        name: of its folder.
        teacher: label of the teacher.
        budget: name of the budget.
        spec: what to do.
    """

    name: str
    teacher: str
    budget: str
    spec: SearchSpec


def jobs_of(plan: Plan) -> tuple[Job, ...]:
    """The searches of a plan, in the order in which they run.

    Raises:
        InputError: says where in the plan something is wrong.
    """
    teachers = _teachers(plan)
    budgets = {name: _budget(name, part) for name, part in plan.budgets.items()}
    for i, space in enumerate(plan.spaces):
        at(f"spaces[{i}]", partial(get_space, space))
    _distinct("spaces", plan.spaces)
    _distinct("seeds", plan.seeds)
    probe = at("search", partial(ProbeSpec, plan.search.probe, plan.search.probe_size, plan.search.dtype))
    jobs = []
    for label, space, budget, seed in product(teachers, plan.spaces, budgets, plan.seeds):
        make = partial(_spec, plan.search, teachers[label], space, budgets[budget], probe, seed)
        spec = at("search", make)
        jobs.append(Job(f"{label}--{space}--{budget}--seed{seed}", label, budget, spec))
    return tuple(jobs)


def check_feasible(jobs: Iterable[Job]) -> None:
    """Refuse a budget that no architecture of a space meets; of latency, what can be said without measuring.

    Raises:
        InputError: names the budget, the space and the teacher.
    """
    seen = set()
    for job in jobs:
        spec = job.spec
        task = (spec.teacher.num_classes, spec.teacher.in_shape)
        if (job.budget, spec.space, task) not in seen:
            seen.add((job.budget, spec.space, task))
            where = f"budgets.{job.budget} (space {spec.space}, teacher {job.teacher})"
            if spec.times:
                at(where, spec.constraints.latency.check)
            at(where, partial(Feasible, get_space(spec.space), spec.constraints, *task))


def _teachers(plan: Plan) -> dict[str, TeacherSpec]:
    labels = [_label(i, part) for i, part in enumerate(plan.teachers)]
    _distinct("teachers", labels, "; give one of them another label")
    return {
        label: at(f"teachers[{i}]", partial(_teacher, part))
        for i, (label, part) in enumerate(zip(labels, plan.teachers, strict=True))
    }


def _teacher(part: TeacherPart) -> TeacherSpec:
    weights = None if part.weights is None else Path(part.weights)
    channels, height, width = part.input
    spec = TeacherSpec(part.name, part.classes, (channels, height, width), weights)
    spec.check()
    return spec


def _label(i: int, part: TeacherPart) -> str:
    """What a teacher is called in folders; a name with other characters than those of names does without them."""
    if part.label is not None:
        return _name(f"teachers[{i}].label", part.label)
    return re.sub(r"[^A-Za-z0-9]*[^A-Za-z0-9._-][^A-Za-z0-9]*", "-", part.name).strip("._-")[:NAME_LENGTH].strip("._-")


def _name(where: str, name: str) -> str:
    if len(name) > NAME_LENGTH or not _NAME.fullmatch(name):
        raise InputError(
            f"{where}: a name is up to {NAME_LENGTH} letters and digits, with single . _ - between them, not {name!r}"
        )
    return name


def _budget(name: str, part: BudgetPart) -> Constraints:
    where = f"budgets.{_name('budgets', name)}"
    parsers: dict[str, Callable[[str], float]] = {
        **dict.fromkeys(COSTS, parse_count),
        "memory": parse_bytes,
        "latency": parse_seconds,
    }
    limits: dict[str, Any] = {}
    for cost, parse in parsers.items():
        for field in (f"min_{cost}", f"max_{cost}"):
            text = getattr(part, field)
            if text is not None:
                limits[field] = at(f"{where}.{field}", partial(parse, text))
    setup = at(f"{where}.latency", partial(LatencySetup, **part.latency.model_dump()))
    return at(where, partial(Constraints, **limits, latency=setup))


def _spec(
    part: SearchPart, teacher: TeacherSpec, space: str, budget: Constraints, probe: ProbeSpec, seed: int
) -> SearchSpec:
    shared = part.model_dump(exclude={"probe", "probe_size", "dtype"}, exclude_none=True)
    return SearchSpec(teacher, space, probe=probe, constraints=budget, seed=seed, **shared)


def at(where: str, make: Callable[[], T]) -> T:
    """What `make` makes; what is wrong with it is said with the place in the plan.

    Raises:
        InputError: as `make` does.
    """
    try:
        return make()
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _distinct(where: str, values: Iterable[object], advice: str = "") -> None:
    twice = next((value for value, count in Counter(values).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"{where}: {twice!r} is there more than once{advice}")
