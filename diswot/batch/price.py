"""What a batch will cost, before it is run: the searches counted, and a few networks timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Literal

from diswot.batch.folder import BatchFolder
from diswot.batch.plan import Job
from diswot.cache.executor import CacheUse, CachingExecutor
from diswot.cache.files import store_file
from diswot.cache.identity import Recipe
from diswot.evaluation import EvalTask, Measurement, Measurer, tasks_of
from diswot.executors import Executor, Measure, open_executor
from diswot.recommend import measurer_of, recipe_of
from diswot.runtime.cores import core_count
from diswot.runtime.threads import one_thread
from diswot.scoring import needs_reference, reference_sample
from diswot.search.beyond import LOOKS
from diswot.search.feasible import Feasible
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.seeds import stream
from diswot.spec.compute import ComputeSpec
from search_spaces import Architecture, get_space

TIMED = 3
"""Architectures that are timed for each teacher, space and budget."""

State = Literal["done", "begun", "new"]


@dataclass(frozen=True, slots=True)
class Price:
    """What is left to do of one search.

    Attributes:
        job: the search.
        state: `done`, `begun` (it goes on from its checkpoint) or `new`.
        evaluations: that it may take in all.
        left: architectures still to be looked at: reference sample, candidates, the best of these once more, and beyond
            the budget. The fronts may bring more finalists, a plateau fewer candidates.
        cached: how many of those are in the cache, or will be when an earlier search has measured them, at least: what
            is proposed after the first one that is not there cannot be known.
        seconds: estimated, on all workers.
    """

    job: Job
    state: State
    evaluations: int
    left: int
    cached: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds that a search takes to begin measuring, and that one process takes for one network."""

    begin: float
    measure: float


def price(
    jobs: Sequence[Job], folder: BatchFolder, compute: ComputeSpec, tell: Callable[[str], None]
) -> tuple[list[Price], int]:
    """Price what is left of each search; returns the number of workers too.

    Latency that a budget limits is measured while the workers rest; that time is not in the price.

    Args:
        jobs: of the plan.
        folder: of the batch; need not exist.
        compute: where it would run.
        tell: called with what is being timed.

    Raises:
        InputError: a probe or a teacher cannot be had as specified.
    """
    clock = _Clock(compute, tell)
    ahead: set[tuple[str, str, int]] = set()
    prices = []
    for job in jobs:
        if folder.result(job) is not None:
            prices.append(Price(job, "done", job.spec.evaluations, 0, 0, 0.0))
        else:
            prices.append(_price(job, folder, compute, clock, ahead))
    return prices, clock.workers


class _Clock:
    """Times teachers, workers and candidates, each once."""

    def __init__(self, compute: ComputeSpec, tell: Callable[[str], None]) -> None:
        self.workers = 1 if compute.executor == "serial" else compute.workers or core_count()
        self._compute, self._tell = compute, tell
        self._measurers: dict[tuple[str, str], tuple[Measurer, float]] = {}
        self._speeds: dict[tuple[str, str, str], Speed] = {}
        self._start: float | None = None

    def speed(self, job: Job) -> Speed:
        """Of a search; measured on one thread, as in a worker."""
        key = (job.teacher, job.spec.space, job.budget)
        if key not in self._speeds:
            self._tell(f"timing {job.spec.space} under {job.teacher}, budget {job.budget}")
            measurer, prepare = self._measurer(job)
            archs = _within(job)
            with one_thread():
                measure = fmean(measurer(arch).seconds for arch in tasks_of(archs))
            self._speeds[key] = Speed(prepare + self._starting(measurer, archs[0]), measure)
        return self._speeds[key]

    def _measurer(self, job: Job) -> tuple[Measurer, float]:
        """What measures, and the seconds that making it took, the teacher's observation mostly."""
        key = (job.teacher, job.spec.space)
        if key not in self._measurers:
            start = time.perf_counter()
            measurer = measurer_of(job.spec, self._compute.device)
            self._measurers[key] = measurer, time.perf_counter() - start
            with one_thread():
                measurer(
                    EvalTask(measurer.space.sample(stream(0, "price")))
                )  # The first one also pays for what is done once.
        return self._measurers[key]

    def _starting(self, measurer: Measurer, arch: Architecture) -> float:
        """Seconds until workers are there: the same for all searches.

        Worker processes are forked from one that has its imports behind it after the first search; Ray's import for
        each, which takes as long as that process does.
        """
        if self._compute.executor == "serial":
            return 0.0
        if self._start is None:
            self._tell("timing the start of the workers")
            if self._compute.executor == "processes":
                with open_executor("processes", measurer, self.workers):
                    pass
            start = time.perf_counter()
            with open_executor("processes", measurer, self.workers) as executor:
                (measured,) = executor.map(tasks_of([arch]))
                self._start = max(0.0, time.perf_counter() - start - measured.seconds)
        return self._start


def _within(job: Job) -> list[Architecture]:
    """A few architectures within the budget, as far as formulas tell."""
    spec, rng = job.spec, stream(job.spec.seed, "price")
    feasible = Feasible(get_space(spec.space), spec.constraints, spec.teacher.num_classes, spec.teacher.in_shape)
    return [feasible.sample(rng) for _ in range(TIMED)]


def _price(
    job: Job, folder: BatchFolder, compute: ComputeSpec, clock: _Clock, ahead: set[tuple[str, str, int]]
) -> Price:
    """The price of a search; `ahead` are the reference samples that searches before it will have measured."""
    spec, begun = job.spec, folder.begun(job)
    search = Search(spec) if begun is None else begun[0]
    total, spent, sample = search.total, search.state.seconds, _unsampled(search)
    left, cached = _left(search), 0
    if compute.cache is not None:
        cached, through = _rehearse(search, compute)
        left = cached if through else left
        same = (job.teacher, spec.space, spec.seed)
        cached = min(left, max(cached, sample if same in ahead else 0))
        ahead.add(same)
    seconds = 0.0
    if cached < left:
        speed = clock.speed(job)
        seconds = _networks(search, left, cached) * speed.measure / clock.workers
        if spec.max_seconds is not None:
            seconds = min(seconds, max(0.0, spec.max_seconds - spent))
        seconds += speed.begin
    return Price(job, "new" if begun is None else "begun", total, left, cached, seconds)


def _left(search: Search) -> int:
    """Architectures that a search may still ask for: reference sample, candidates, finalists, and beyond the budget."""
    beyond = LOOKS if search.has_yet_to_look_beyond else 0
    return _unsampled(search) + max(0, search.total - len(search.measurements)) + _finalists(search) + beyond


def _finalists(search: Search) -> int:
    """The best candidates that a search may still ask for once more."""
    return search.expected_finalists if search.ended is None else len(search.unsure())


def _networks(search: Search, left: int, cached: int) -> int:
    """Networks to build for what is left and not cached: finalists, looked at last, have several each."""
    finalists = min(_finalists(search), left - cached)
    return left - cached + finalists * (search.spec.student_inits - 2)


def _unsampled(search: Search) -> int:
    """What is left of the reference sample."""
    if not needs_reference(search.spec.score):
        return 0
    return len(reference_sample(search.space, search.spec.seed)) - len(search.reference)


def _rehearse(search: Search, compute: ComputeSpec) -> tuple[int, bool]:
    """Run the search on the cache alone, until something is missing.

    A search that times networks is not rehearsed: what it proposes depends on the times. Nor is one whose cache is not
    there, so that none is begun for it.

    Returns:
        How many architectures were there, and whether the search got through with them.
    """
    if search.spec.times or compute.cache is None or not store_file(compute.cache).exists():
        return 0, False
    recipe = recipe_of(search.spec, compute.device)
    with CachingExecutor(recipe, partial(_unmeasured, recipe), compute.cache) as executor:
        run_phases(search, executor, lambda _: None, lambda: _had_all(executor.use))
    return executor.use.hits, _had_all(executor.use)


def _had_all(use: CacheUse) -> bool:
    return use.misses == use.partial == 0


@contextmanager
def _unmeasured(recipe: Recipe, _: Callable[[], Measure]) -> Iterator[Executor]:
    """An executor that measures nothing; the teacher need not be observed for it."""
    yield _Nothing(recipe)


class _Nothing:
    """Says of every architecture that it was not measured."""

    def __init__(self, recipe: Recipe) -> None:
        self._space, self._task = recipe.space, (recipe.teacher.num_classes, recipe.teacher.in_shape)

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Measurement]:
        for task in tasks:
            costs = self._space.costs(task.arch, *self._task)
            yield Measurement(self._space.encode(task.arch), costs, {}, 0.0, "not measured")
