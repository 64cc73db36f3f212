"""The plan of a batch as people write it, and the searches that it asks for; free of torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from pydantic import ConfigDict, Field

from diswot.errors import InputError
from diswot.search.feasible import Feasible
from diswot.spec.constraints import Constraints
from diswot.spec.document import from_json, to_json
from diswot.spec.models import Strict, model_of, written
from diswot.spec.option import declared
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import SPACES, get_space, title_of

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
NAME_LENGTH = 60
SCHEMA: Final = 2
"""Of plans: raised when it changes."""
LISTED = ("teacher", "space", "constraints", "seed")
"""Settings of which a plan has a list in place of the one that a search has."""
(SEED,) = (one for one in declared(SearchSpec) if one.name == "seed")

if TYPE_CHECKING:
    from diswot.spec.models import Strict as ConstraintsPart
    from diswot.spec.models import Strict as SearchPart
    from diswot.spec.models import Strict as _TeacherModel
else:
    _TeacherModel = model_of(TeacherSpec, Strict, written)
    ConstraintsPart = model_of(Constraints, Strict, written)
    SearchPart = model_of(SearchSpec, Strict, written, without=LISTED)


class TeacherPart(_TeacherModel):
    """A teacher, and what it is called in folders and tables."""

    label: str | None = Field(
        default=None, description="What the teacher is called in folders and tables. Default: its name."
    )


class Plan(Strict):
    """A batch of searches: every teacher, in every space, under every constraints, with every seed."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    schema_: Literal[2] = Field(default=SCHEMA, alias="schema", description="Version of this document.")
    teachers: list[TeacherPart] = Field(min_length=1, description="Teachers of the searches.")
    spaces: list[str] = Field(
        min_length=1, description="Search spaces, as `diswot spaces` lists them, or files that declare one."
    )
    constraints: dict[str, ConstraintsPart] = Field(
        min_length=1, description="Constraints of the searches by the names that you give them; {} is no limit."
    )
    seeds: list[int] = Field(default=[SEED.default], min_length=1, description="Seeds of the searches.")
    search: SearchPart = Field(default_factory=SearchPart, description="Settings that all searches share.")


@dataclass(frozen=True, slots=True)
class PlannedSearch:
    """One search of a batch.

    Attributes:
        name: of its folder.
        teacher: label of the teacher.
        budget: name of the constraints.
        spec: what to do.
    """

    name: str
    teacher: str
    budget: str
    spec: SearchSpec


def jobs_of(plan: Plan) -> tuple[PlannedSearch, ...]:
    """The searches of a plan, in the order in which they run.

    Raises:
        InputError: says where in the plan something is wrong.
    """
    teachers, budgets = _teachers(plan), _constraints(plan)
    for i, space in enumerate(plan.spaces):
        at(f"spaces[{i}]", partial(get_space, space))
    for i, seed in enumerate(plan.seeds):
        at(f"seeds[{i}]", partial(SEED.check, seed))
    names = [SPACES.name_of(space) for space in plan.spaces]
    _distinct("spaces", map(title_of, names))
    _distinct("seeds", plan.seeds)
    shared = plan.search.model_dump(exclude_none=True)
    jobs = []
    for label, space, budget, seed in product(teachers, names, budgets, plan.seeds):
        listed = dict(zip(LISTED, (to_json(teachers[label]), space, to_json(budgets[budget]), seed), strict=True))
        spec = at("search", partial(from_json, SearchSpec, shared | listed))
        jobs.append(PlannedSearch(f"{label}--{title_of(space)}--{budget}--seed{seed}", label, budget, spec))
    return tuple(jobs)


def check_feasible(jobs: Iterable[PlannedSearch]) -> None:
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
            where = f"constraints.{job.budget} (space {title_of(spec.space)}, teacher {job.teacher})"
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
    spec = from_json(TeacherSpec, part.model_dump(exclude_none=True, exclude={"label"}))
    spec.check()
    return spec


def _label(i: int, part: TeacherPart) -> str:
    """What a teacher is called in folders; a name with other characters than those of names does without them."""
    if part.label is not None:
        return _name(f"teachers[{i}].label", part.label)
    name: str = part.model_dump()["name"]
    return re.sub(r"[^A-Za-z0-9]*[^A-Za-z0-9._-][^A-Za-z0-9]*", "-", name).strip("._-")[:NAME_LENGTH].strip("._-")


def _name(where: str, name: str) -> str:
    if len(name) > NAME_LENGTH or not _NAME.fullmatch(name):
        raise InputError(
            f"{where}: a name is up to {NAME_LENGTH} letters and digits, with single . _ - between them, not {name!r}"
        )
    return name


def _constraints(plan: Plan) -> dict[str, Constraints]:
    return {
        _name("constraints", name): at(
            f"constraints.{name}", partial(from_json, Constraints, part.model_dump(exclude_none=True))
        )
        for name, part in plan.constraints.items()
    }


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
