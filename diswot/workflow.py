"""The whole path: from what is asked to the recommended student."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Literal

from diswot.cache.executor import CachingExecutor
from diswot.errors import DiswotError
from diswot.evaluation import EvalTask, Evaluator, EvaluatorSpec, tasks_of
from diswot.executors import EvaluatorLike, Executor, connect, open_executor
from diswot.memory import check_students, check_teacher
from diswot.probes import load_probe
from diswot.proxies import proxies_of
from diswot.report.explanation import Explanation, make_explanation
from diswot.report.finished import FinishedSearch
from diswot.report.result import ALTERNATIVES, CacheRecord, Result, make_result
from diswot.runtime.cores import core_count
from diswot.runtime.memory import free_memory
from diswot.scoring import Scorer, needs_reference, reference_sample
from diswot.search.opinions import opinions
from diswot.search.remeasure import remeasure_latency
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.search.state import Progress
from diswot.spec.compute import ComputeSpec
from diswot.spec.score import ScoreSpec
from diswot.teachers.costs import teacher_costs
from diswot_spaces import Architecture, get_space

Stage = Literal["observing", "starting", "evaluating"]
"""What goes on before the first evaluation is there: the teacher is observed, workers start, and then they evaluate."""


def build_evaluator(spec: ScoreSpec, device: str = "cpu") -> Evaluator:
    """Load the probe, observe the teacher, and get ready to measure candidates.

    Raises:
        InputError: the probe or the teacher cannot be had as specified.
    """
    return evaluator_spec(spec, device).build()


def evaluator_spec(spec: ScoreSpec, device: str = "cpu", others: Sequence[str] = ()) -> EvaluatorSpec:
    """Load the probe, and leave the teacher for when it is needed.

    Args:
        spec: what the score depends on.
        device: where the networks run.
        others: names of scores to measure beside it.

    Raises:
        InputError: the probe cannot be had as specified, or this machine lacks something else.
    """
    spec.check()
    teacher = spec.teacher
    probe = load_probe(spec.probe, teacher.num_classes, teacher.in_shape, spec.seed).to(device)
    scores = (spec.score, *others)
    return EvaluatorSpec(get_space(spec.space), teacher, probe, scores, spec.seed, spec.teacher_inits)


def caching_executor(
    evaluator: EvaluatorSpec,
    compute: ComputeSpec,
    tell: Callable[[Stage], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> CachingExecutor:
    """An executor that looks up what is in the cache, and starts workers for what is not.

    Args:
        evaluator: what evaluates.
        compute: where.
        tell: called with each stage of the preparation as it begins; never where the cache holds everything.
        check: called before the evaluator is made; never where the cache holds everything.
    """
    return CachingExecutor(evaluator, partial(_workers, compute, tell, check), compute.cache)


def _check_memory(spec: ScoreSpec, compute: ComputeSpec) -> None:
    """Refuse, before any is taken, what this machine has no memory for; a cluster has its own."""
    if compute.device != "cpu":
        return
    limit = free_memory()
    if compute.executor != "ray":
        check_students(spec, 1 if compute.executor == "serial" else compute.workers or core_count(), limit)
    looks = any(proxy.teacher for proxy in proxies_of([spec.score]).values())
    if looks and (costs := teacher_costs(spec.teacher)) is not None:
        check_teacher(spec.teacher, costs, spec.probe.size, spec.probe.dtype, limit)


@contextmanager
def _workers(
    compute: ComputeSpec, tell: Callable[[Stage], None], check: Callable[[], None], make: Callable[[], EvaluatorLike]
) -> Iterator[Executor]:
    """Workers for what `make` makes; a cluster that does not answer is found out before the teacher is observed."""
    with connect(compute):
        tell("observing")
        check()
        evaluator = make()
        tell("starting")
        with open_executor(evaluator, compute) as executor:
            tell("evaluating")
            yield executor


def _look_at_teacher(spec: ScoreSpec, evaluator: EvaluatorSpec) -> Callable[[], None]:
    """Look at the teacher now if it has weights, which the cache may know nothing of; otherwise say how to do it later.

    Where the score is a count, no network is run, and none is looked at.
    """
    if not opinions(spec.score):
        return lambda: None
    if spec.teacher.weights is None:
        return evaluator.try_teacher
    evaluator.try_teacher()
    return lambda: None


def run_search(
    search: Search,
    compute: ComputeSpec,
    report: Callable[[Progress], None],
    checkpoint: Callable[[], bool] = lambda: True,
    tell: Callable[[Stage], None] = lambda _: None,
) -> Result | None:
    """Run a search, new or restored, to its recommendation.

    Args:
        search: what to do, and how far it has come.
        compute: where to do it.
        report: called after each evaluation.
        checkpoint: called when the search is worth keeping; returns whether to go on.
        tell: called with each stage of the preparation as it begins; never where the cache holds everything.

    Returns:
        The result, or `None` if the checkpoint ended the search early.

    Raises:
        InputError: the probe or the teacher cannot be had as specified.
        ExecutorError: workers could not be started or were lost for good.
        DiswotError: every candidate failed.
    """
    found = finish_search(search, compute, report, checkpoint, tell)
    return None if found is None else found[1]


def finish_search(
    search: Search,
    compute: ComputeSpec,
    report: Callable[[Progress], None],
    checkpoint: Callable[[], bool] = lambda: True,
    tell: Callable[[Stage], None] = lambda _: None,
) -> tuple[FinishedSearch, Result] | None:
    """Run a search as `run_search` does; returns all of its candidates beside the result."""
    start = time.perf_counter()
    _check_memory(search.spec, compute)
    evaluator = evaluator_spec(search.spec, compute.device, opinions(search.spec.score))
    search.bind_probe(evaluator.probe.fingerprint)
    ready = time.perf_counter()
    with caching_executor(evaluator, compute, tell, _look_at_teacher(search.spec, evaluator)) as executor, search.meter:
        run_phases(search, executor, report, checkpoint)
    if not search.done:
        return None
    finished = FinishedSearch.of(search, remeasure_latency(search, 1 + ALTERNATIVES))
    timings = {
        "prepare": ready - start + executor.preparing,
        "search": time.perf_counter() - ready - executor.preparing,
        "measuring_all_workers": finished.measuring_seconds,
    }
    cache = None if compute.cache is None else CacheRecord(**asdict(executor.use), hit_rate=executor.use.hit_rate)
    return finished, make_result(finished, timings, cache)


def explain(spec: ScoreSpec, arch: Architecture, compute: ComputeSpec) -> Explanation:
    """Score one architecture and say what the score is made of.

    Args:
        spec: what the score depends on.
        arch: of the space.
        compute: where to measure.

    Raises:
        InputError: the probe or the teacher cannot be had as specified.
        DiswotError: the network failed.
    """
    _check_memory(spec, compute)
    evaluator = evaluator_spec(spec, compute.device)
    sample = reference_sample(evaluator.space, spec.seed) if needs_reference(spec.score) else []
    with caching_executor(evaluator, compute, check=_look_at_teacher(spec, evaluator)) as executor:
        *reference, evaluation = executor.map([*tasks_of(sample), EvalTask(arch, range(spec.student_inits))])
    if evaluation.error is not None:
        raise DiswotError(f"{evaluation.arch} cannot be scored: {evaluation.error}")
    scorer = Scorer(spec.score, reference)
    return make_explanation(evaluator.space.encode(arch), spec.teacher.name, scorer, evaluation)
