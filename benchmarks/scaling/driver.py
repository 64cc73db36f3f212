"""What the driver of a search costs: a whole search whose measurements take no time, sent as real ones would be."""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass, fields
from random import Random
from typing import Any

from diswot.evaluation import EvalTask, Measurement, Measurer
from diswot.executors import Executor, open_executor
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from search_spaces import Architecture

EVALUATIONS = 300
"""Of the search: the default of `diswot search`."""

TASKS = 1000
"""Evaluations of no time, for what a task costs."""


@dataclass(frozen=True)
class Instant(Measurer):
    """A measurer that makes its values up out of the architecture's name."""

    def __call__(self, task: EvalTask) -> Measurement:
        """Values of a real measurement's names and number."""
        arch = self.space.canonical(task.arch)
        name = self.space.encode(arch)
        channels, height, width = self.probe.images.shape[1:]
        costs = self.space.costs(arch, self.num_classes, (channels, height, width))
        made_up = Random(name)  # noqa: S311  (nobody's secret)
        values = {proxy: tuple(made_up.random() for _ in range(task.inits.stop)) for proxy in self.proxies}
        return Measurement(name, costs, values, 0.0).drawn(task.inits)


def driver_costs(measurer: Measurer, seed: int) -> dict[str, Any]:
    """CPU time of this process for each evaluation, wall time that a task takes beside its evaluation, object store.

    To be called where this process is connected to Ray, with two CPUs free.

    Args:
        measurer: a real one, which says what is sent.
        seed: of the search.

    Returns:
        JSON values.
    """
    instant = Instant(**{one.name: getattr(measurer, one.name) for one in fields(measurer)})
    driver, task = {}, {}
    for name in ("serial", "processes", "ray"):
        driver[name] = _search_ms(name, instant, seed)
        if name != "serial":
            with open_executor(name, instant, 1) as executor:
                task[name] = _task_ms(executor, measurer.space.smallest)
    return {
        "driver_ms_per_evaluation": driver,
        "task_ms": task,
        "object_store": _object_store(measurer),
        "evaluations": EVALUATIONS,
    }


def _search_ms(name: str, measurer: Measurer, seed: int) -> float:
    """CPU time of a search in this process, all of its threads, for each measurement: proposals, scores and all."""
    search = Search(SearchSpec(TeacherSpec("resnet20", 100), evaluations=EVALUATIONS, seed=seed))
    with open_executor(name, measurer, 2) as executor:
        list(executor.map([EvalTask(measurer.space.smallest)] * 20))
        before = time.process_time()
        run_phases(search, executor, report=lambda _: None)
        seconds = time.process_time() - before
    return 1000 * seconds / (len(search.reference) + len(search.measurements) + search.sure)


def _task_ms(executor: Executor, arch: Architecture) -> float:
    """Wall time of an evaluation of no time by one worker: no more than that is lost beside an evaluation."""
    list(executor.map([EvalTask(arch)] * 20))
    before = time.perf_counter()
    list(executor.map([EvalTask(arch)] * TASKS))
    return 1000 * (time.perf_counter() - before) / TASKS


def _object_store(measurer: Measurer) -> dict[str, float]:
    """What it takes to put the measurer (probe and teacher's observation) there once, and to get it."""
    import ray

    start = time.perf_counter()
    reference = ray.put(measurer)
    put = time.perf_counter()
    ray.get(reference)
    got = time.perf_counter()
    return {
        "mib": len(pickle.dumps(measurer)) / 2**20,
        "put_ms": 1000 * (put - start),
        "get_ms": 1000 * (got - put),
    }
