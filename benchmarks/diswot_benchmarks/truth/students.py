"""The students of a truth benchmark: the recommended one, and others of its cost, each with its score."""

from __future__ import annotations

from dataclasses import dataclass

from diswot.errors import InputError
from diswot.evaluation import EvalTask, tasks_of
from diswot.report.result import Result
from diswot.scoring import Scorer, needs_reference, reference_sample
from diswot.seeds import stream
from diswot.spec.compute import ComputeSpec
from diswot.workflow import caching_executor, evaluator_spec
from diswot_spaces import Architecture, Costs, SearchSpace, get_space

TRIES = 20_000
"""Random architectures that are looked at before it is said that there are too few of that cost."""


@dataclass(frozen=True, slots=True)
class ScoredStudent:
    """A student before it is trained.

    Attributes:
        arch: string of the canonical architecture.
        score: that the search gives its finalists.
        costs: for one image.
    """

    arch: str
    score: float
    costs: Costs


def draw_students(result: Result, count: int, tolerance: float, seed: int) -> list[Architecture]:
    """The recommended student, and others whose parameters and MACs differ from its by no more than a share.

    Args:
        result: of the search.
        count: of the others.
        tolerance: that share.
        seed: of the draw.

    Raises:
        InputError: the space has too few of them.
    """
    space = get_space(result.search.space)
    best = space.canonical(space.decode(result.recommended.arch))
    wanted = _costs(space, best, result)
    found = {best: None}
    rng = stream(seed, "truth", space.name)
    for _ in range(TRIES):
        arch = space.canonical(space.sample(rng))
        if _near(_costs(space, arch, result), wanted, tolerance):
            found[arch] = None
        if len(found) > count:
            return list(found)
    raise InputError(
        f"{space.name} has {len(found) - 1} others within {tolerance:.0%} of the cost of {result.recommended.arch}, "
        f"not {count}; raise --tolerance, or lower --students"
    )


def score_students(result: Result, archs: list[Architecture], compute: ComputeSpec) -> list[ScoredStudent]:
    """The students with the scores that the search would give them as finalists."""
    spec = result.search
    evaluator = evaluator_spec(spec, compute.device)
    sample = reference_sample(evaluator.space, spec.seed) if needs_reference(spec.score) else []
    with caching_executor(evaluator, compute) as executor:
        measured = list(executor.map([*tasks_of(sample), *(EvalTask(one, range(spec.student_inits)) for one in archs)]))
    scorer = Scorer(spec.score, measured[: len(sample)])
    return [
        ScoredStudent(evaluator.space.encode(arch), scorer(one).value, one.costs)
        for arch, one in zip(archs, measured[len(sample) :], strict=True)
    ]


def _costs(space: SearchSpace, arch: Architecture, result: Result) -> Costs:
    return space.costs(arch, result.search.teacher.num_classes, result.search.teacher.in_shape)


def _near(one: Costs, wanted: Costs, tolerance: float) -> bool:
    pairs = ((one.params, wanted.params), (one.macs, wanted.macs))
    return all(abs(a / b - 1) <= tolerance for a, b in pairs)
