"""Specs of small evaluators, and executors that carry them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from diswot.cache.executor import CacheUse, CachingExecutor
from diswot.evaluation import EvalTask, Evaluation, EvaluatorSpec, tasks_of
from diswot.executors import EvaluatorLike, Executor, open_executor
from diswot.probes import load_probe
from diswot.probes.batch import ProbeBatch
from diswot.spec.compute import ComputeSpec
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import get_space

SPACE = get_space("cifar-resnet")
ARCHS = [SPACE.decode(text) for text in ("1-1-1", "1-1-3", "3-1-1")]
TASKS = tasks_of(ARCHS, range(2))
NAMES = [SPACE.encode(arch) for arch in ARCHS]
TASK = TeacherSpec("resnet20", 10, (3, 16, 16))


@cache
def probe() -> ProbeBatch:
    return load_probe(ProbeSpec("noise", 8), TASK.num_classes, TASK.in_shape, 0).to("cpu")


def recipe(*scores: str, **changes: Any) -> EvaluatorSpec:
    """Spec of an evaluator of a score that looks at the teacher through one of its terms, with some fields changed."""
    return replace(EvaluatorSpec(SPACE, TASK, probe(), scores or ("default-v4",), teacher_inits=1), **changes)


def serial(make: Callable[[], EvaluatorLike]) -> AbstractContextManager[Executor]:
    return open_executor(make(), ComputeSpec("serial"))


def never(make: Callable[[], EvaluatorLike]) -> AbstractContextManager[Executor]:
    raise AssertionError("nothing had to be measured")


def measure(
    one: EvaluatorSpec,
    folder: Path | None,
    tasks: Sequence[EvalTask] = TASKS,
    start: Callable[[Callable[[], EvaluatorLike]], AbstractContextManager[Executor]] = serial,
) -> tuple[list[Evaluation], CacheUse]:
    with CachingExecutor(one, start, folder) as executor:
        return list(executor.map(tasks)), executor.use
