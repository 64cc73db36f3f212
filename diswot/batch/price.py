"""What a batch will cost, before it is run: the searches counted, and a few networks timed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Literal

from diswot.batch.folder import BatchFolder
from diswot.batch.plan import Job
from diswot.cache.executor import CachingExecutor
from diswot.cache.identity import Recipe
from diswot.executors import Executor, Measure
from diswot.executors.serial import SerialExecutor
from diswot.probes import load_probe
from diswot.recommend import Compute
from diswot.scoring import Measurement, Measurer, needs_reference, prepare, reference_sample
from diswot.search.beyond import LOOKS
from diswot.search.run import Search
from diswot.seeds import stream
from diswot.threads import one_thread
from search_spaces import Architecture, get_space

TIMED = 3
"""Architectures that are timed for each teacher and space."""

State = Literal["done", "begun", "new"]


@dataclass(frozen=True, slots=True)
class Price:
    """What is left to do of one search.

    Attributes:
        job: the search.
        state: `done`, `begun` (it goes on from its checkpoint) or `new`.
        evaluations: that it may take in all.
        left: architectures still to be measured, at most: reference sample, candidates, and beyond the budget.
        cached: of the reference sample, how many are in the cache, or will be when an earlier search has measured them.
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
    """Seconds in one process: to observe the teacher, and to measure an architecture."""

    prepare: float
    measure: float


def price(
    jobs: Sequence[Job], folder: BatchFolder, compute: Compute, tell: Callable[[str], None]
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
    workers = 1 if compute.executor == "serial" else compute.workers or len(os.sched_getaffinity(0))
    speeds: dict[tuple[str, str], Speed] = {}
    ahead: set[tuple[str, str, int]] = set()
    prices = []
    for job in jobs:
        if folder.result(job) is not None:
            prices.append(Price(job, "done", job.spec.evaluations, 0, 0, 0.0))
            continue
        key = (job.teacher, job.spec.space)
        if key not in speeds:
            tell(f"timing {job.spec.space} under {job.teacher}")
            speeds[key] = _speed(job, compute)
        prices.append(_price(job, folder, compute, speeds[key], workers, ahead))
    return prices, workers


def _price(
    job: Job, folder: BatchFolder, compute: Compute, speed: Speed, workers: int, ahead: set[tuple[str, str, int]]
) -> Price:
    """The price of a search; `ahead` are the reference samples that searches before it will have measured."""
    spec = job.spec
    begun = folder.begun(job)
    search = Search(spec) if begun is None else begun[0]
    sample = reference_sample(search.space, spec.seed) if needs_reference(spec.score) else []
    sample = sample[len(search.reference) :]
    same = (job.teacher, spec.space, spec.seed)
    cached = 0
    if sample and compute.cache is not None:
        cached = len(sample) if same in ahead else _cached(job, compute, sample)
        ahead.add(same)
    limited = any(spec.budget.range(cost)[1] is not None for cost in ("params", "macs", "memory", "latency"))
    beyond = LOOKS if spec.beyond > 0 and limited and search.beyond is None else 0
    left = len(sample) - cached + max(0, search.total - len(search.measurements)) + beyond
    seconds = left * speed.measure / workers
    if spec.seconds is not None:
        seconds = min(seconds, max(0.0, spec.seconds - search.seconds))
    return Price(
        job, "new" if begun is None else "begun", search.total, left, cached, seconds + speed.prepare * (left > 0)
    )


def _speed(job: Job, compute: Compute) -> Speed:
    """Time the teacher and a few candidates within the budget, on one thread as in a worker."""
    start = time.perf_counter()
    measurer = _recipe(job, compute.device).make()
    ready = time.perf_counter()
    feasible, rng = Search(job.spec).feasible, stream(job.spec.seed, "price")
    with one_thread():
        seconds = [measurer(feasible.sample(rng)).seconds for _ in range(TIMED + 1)]
    return Speed(ready - start, fmean(seconds[1:]))  # The first one also pays for what is done once.


def _cached(job: Job, compute: Compute, sample: Sequence[Architecture]) -> int:
    """How many of these architectures the cache has in full."""
    with CachingExecutor(_recipe(job, compute.device), _nothing, compute.cache) as executor:
        for _ in executor.map(sample):
            pass
    return executor.use.hits


def _recipe(job: Job, device: str) -> Recipe:
    """What `diswot.recommend` measures with; a cache that was filled by it knows it by every argument."""
    spec = job.spec
    probe = load_probe(spec.probe, spec.teacher.num_classes, spec.teacher.in_shape, spec.seed).to(device)
    make: partial[Measurer] = partial(
        prepare,
        get_space(spec.space),
        spec.teacher,
        probe,
        [spec.score],
        seed=spec.seed,
        seeds=spec.seeds,
        initialisations=spec.initialisations,
    )
    return Recipe(make)


@contextmanager
def _nothing(_: Callable[[], Measure]) -> Iterator[Executor]:
    """An executor that measures nothing and says so."""
    yield SerialExecutor(_Refusal())  # type: ignore[arg-type]


class _Refusal:
    def __call__(self, arch: Architecture) -> Measurement:
        space = get_space(arch.space)
        return Measurement(space.encode(space.canonical(arch)), space.costs(arch, 10), {}, 0.0, "not measured")
