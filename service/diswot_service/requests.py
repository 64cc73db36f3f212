"""What clients send: the body of a search, which is the spec of one, with stricter limits and without files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from diswot.errors import InputError
from diswot.memory import check_students, check_teacher
from diswot.proxies import SCORES
from diswot.runtime.memory import total_memory
from diswot.search.algorithms import ALGORITHMS
from diswot.search.feasible import ENUMERABLE, Feasible, check_bounds
from diswot.spec.constraints import COSTS
from diswot.spec.document import from_json
from diswot.spec.models import Strict, model_of, number
from diswot.spec.option import Declared, declared
from diswot.spec.probe import SEEDED
from diswot.spec.search import SearchSpec
from diswot.teachers.costs import costs_by_formula
from diswot.teachers.spec import check_is_named
from diswot_spaces import SPACES, get_space, is_declaration
from diswot_spaces.blocks import BLOCKS
from diswot_spaces.declared.document import canonical_text

MOST = {
    "classes": 25_000,
    "input": 512,
    "probe_size": 1_024,
    "evaluations": 20_000,
    "patience": 20_000,
    "student_inits": 32,
    "teacher_inits": 32,
    "finalists": 10_000,
    "population": 10_000,
    "tournament": 10_000,
    "proposals_per_batch": 1_024,
    "latency_threads": 256,
    "latency_batch": 1_024,
}
"""Limits over HTTP that are stricter than those of the library, by the names of the options."""
MAX_PROBE_VALUES = 2**26
"""Numbers in a probe batch: images x channels x height x width."""
FILES = tuple(".".join(one.path) for one in declared(SearchSpec) if one.option.local)
"""Settings that clients cannot say, for they name no files of this machine."""

Label = Annotated[str, StringConstraints(max_length=200)]


LONGEST_NAME = 300
"""Characters of a text."""
MOST_COSTS = {"params": 2**30, "macs": 2**40, "memory": 2**32, "depth": 2_000}
"""What a network of a space that is sent as data may cost."""
MEMBERS = 32
"""Architectures of such a space that are looked at."""


def _declaration(space: object) -> object:
    """The text of a space that is sent as data; a name as it is."""
    if isinstance(space, str) and len(space) > LONGEST_NAME:
        raise ValueError(f"must have at most {LONGEST_NAME} characters")
    if isinstance(space, str) and is_declaration(space):
        raise ValueError("must be an object where it is no name")
    if not isinstance(space, dict):
        return space
    # The library takes import paths of blocks, too, which run code.
    if any(BLOCKS.is_import_path(text) for part in ("stem", "stages") for text in _texts(space.get(part))):
        raise ValueError("must not name import paths")
    return canonical_text(space)


def _texts(value: object) -> Iterator[str]:
    """Every text that stands as a value in a mapping or list, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _check_costs(spec: SearchSpec) -> None:
    """Refuse a space that is sent as data and whose networks cost too much.

    Raises:
        InputError: says what.
    """
    space, rng = get_space(spec.space), np.random.default_rng(0)
    for arch in (space.sample(rng) for _ in range(MEMBERS)):
        costs = space.costs(arch, spec.teacher.num_classes, spec.teacher.in_shape)
        for cost, most in MOST_COSTS.items():
            if (found := getattr(costs, cost)) > most:
                what = {**COSTS, "depth": "layers"}[cost]
                raise InputError(f"space {space.name} has networks of {found:,} {what}; at most {most:,} are allowed")


SPACE_SCHEMA = {
    "anyOf": [{"type": "string", "maxLength": LONGEST_NAME}, {"type": "object"}],
    "description": "Search space of the students: a name, or an object that declares one.",
    "default": "nasbench201",
}


def _typed(one: Declared) -> Any:
    if one.name == "space":
        return Annotated[str, BeforeValidator(_declaration), WithJsonSchema(SPACE_SCHEMA)]
    return Annotated[str, StringConstraints(max_length=LONGEST_NAME)] if one.type is str else number(one, MOST)


if TYPE_CHECKING:
    from diswot.spec.models import Strict as Request
else:
    Request = model_of(SearchSpec, Strict, _typed, without=FILES)


class SearchRequest(Request):
    """A search; everything but the teacher has the defaults of the command line."""

    labels: dict[Label, Label] = Field(default_factory=dict, max_length=16, description="Labels for your own use.")

    def search_spec(self) -> SearchSpec:
        """What the library is asked to do.

        Raises:
            InputError: with the sentence that the command line gives.
        """
        asked = self.model_dump(exclude={"labels"}, exclude_none=True)
        if not is_declaration(asked["space"]):
            SPACES.named(asked["space"])  # The library takes files and import paths, too, which run code.
        ALGORITHMS.named(asked["algorithm"])
        SCORES.named(asked["score"])
        check_is_named(asked["teacher"]["name"])
        if asked["probe"]["source"] not in SEEDED:
            raise InputError(f"probe {asked['probe']['source']!r} cannot be had over HTTP; valid: {', '.join(SEEDED)}")
        spec = from_json(SearchSpec, asked)
        if spec.evaluations > MOST["evaluations"]:  # A default: more cannot be asked for.
            spec = from_json(SearchSpec, asked | {"evaluations": MOST["evaluations"]})
        spec.check_probe_values(MAX_PROBE_VALUES)
        if is_declaration(spec.space):
            _check_costs(spec)
        return spec


def check_feasible(spec: SearchSpec) -> None:
    """Refuse constraints that the formulas of the space rule out, and what this machine has no memory or cores for.

    A range that lies within the reach of a space may still hold nothing: in a space that can be listed that is found
    out here, within a second; elsewhere, and where latency is concerned, by the worker.

    Raises:
        InfeasibleBudget: says what comes nearest.
        InputError: the machine has fewer cores than latency shall be measured with, or too little memory.
    """
    spec.check()
    if (costs := costs_by_formula(spec.teacher)) is not None:  # The worker looks at those that torch must count.
        check_teacher(spec.teacher, costs, spec.probe.size, spec.probe.dtype, total_memory())
    space, task = get_space(spec.space), (spec.teacher.num_classes, spec.teacher.in_shape)
    if not space.has_formulas:  # torch would count, which this process does without
        return
    check_students(spec, 1, total_memory())
    check_bounds(space, spec.constraints, *task)
    exact = space.monotone and not spec.constraints.has_minima
    if not exact and space.size is not None and space.size <= ENUMERABLE:
        Feasible(space, spec.constraints, *task)
