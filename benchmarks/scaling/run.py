"""What executors cost: evaluations per second of each, start-up, memory, and the driver's share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psutil
import torch

from benchmarks.scaling.driver import driver_costs
from benchmarks.speed.stopwatch import peak_rss
from diswot.errors import DiswotError, InputError
from diswot.evaluation import Measurer, prepare, tasks_of
from diswot.executors import Executor, open_executor, reach
from diswot.probes import load_probe
from diswot.seeds import stream
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import PROPOSALS as BATCH
from diswot.spec.teacher import TeacherSpec
from search_spaces import CIFAR, Architecture, get_space

Report = Callable[[str, int, int], None]
"""Called with the part of the work, how much of it is done, and how much there is."""

SPACE = "nasbench201"
TEACHER = TeacherSpec("resnet56", 100)
PROBE = ProbeSpec()
SCORE = "default"


@dataclass
class Contestant:
    """An executor with so many workers, and what was measured of it.

    Attributes:
        executor: its name.
        workers: their number.
        threads: of each worker.
        startup: seconds until all workers were ready; a Ray cluster is started, too.
        peak: peak resident memory in MiB, of this process and all that were started.
        seconds: of each round.
    """

    executor: str
    workers: int
    threads: int = 1
    startup: float = 0.0
    peak: float = 0.0
    seconds: list[float] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What it is, for people."""
        return f"{self.executor} {self.workers} x {self.threads}"


def run_scaling(evaluations: int, seed: int, report: Report) -> dict[str, Any]:
    """Measure all executors on the same architectures.

    Args:
        evaluations: of each executor; a multiple of the batch of a search.
        seed: of the architectures, the probe and the networks.
        report: called as it goes.

    Returns:
        The document that docs/executors.md describes, as JSON values.

    Raises:
        InputError: fewer evaluations than a batch, or not a multiple of it.
        ExecutorError: workers could not be started.
        DiswotError: an architecture could not be measured.
    """
    if evaluations < BATCH or evaluations % BATCH:
        raise InputError(f"evaluations must be a multiple of {BATCH}, the batch of a search, not {evaluations}")
    load = os.getloadavg()[0]
    report("observing the teacher", 0, 1)
    probe = load_probe(PROBE, TEACHER.num_classes, CIFAR, seed).to("cpu")
    measurer = prepare(get_space(SPACE), TEACHER, probe, [SCORE], seed=seed, initialisations=1)
    rng = stream(seed, "scaling")
    archs = [measurer.space.sample(rng) for _ in range(evaluations)]
    contestants = [
        Contestant("serial", 1),
        Contestant("serial", 1, threads=2),
        *(Contestant(name, workers) for name in ("processes", "ray") for workers in (1, 2)),
    ]
    for done, one in enumerate(contestants):
        report("starting each alone", done, len(contestants))
        _start_alone(one, measurer, archs[:BATCH])
    with reach("ray", sum(one.workers for one in contestants if one.executor == "ray")):
        _race(contestants, measurer, archs, report)
        report("measuring the driver", 0, 1)
        costs = driver_costs(measurer, seed)
    return _document(contestants, costs, evaluations, load)


def _start_alone(one: Contestant, measurer: Measurer, archs: Sequence[Architecture]) -> None:
    """Start-up and memory, with no other executor there."""
    start = time.perf_counter()
    with _open(one, measurer) as executor:
        one.startup = time.perf_counter() - start
        _map_seconds(executor, archs)
        one.peak = sum(peak_rss(None, process) or 0.0 for process in family())


def _race(contestants: Sequence[Contestant], measurer: Measurer, archs: Sequence[Architecture], report: Report) -> None:
    """All are started; then they take turns, batch by batch, so that what slows the machine slows them all."""
    rounds = len(archs) // BATCH
    with ExitStack() as stack:
        pools = [(one, stack.enter_context(_open(one, measurer))) for one in contestants if one.executor != "serial"]
        for _, executor in pools:
            _map_seconds(executor, archs[:BATCH])
        for number in range(rounds):
            report("taking turns", number, rounds)
            batch = archs[number * BATCH : (number + 1) * BATCH]
            opened = {one.title: executor for one, executor in pools}
            turn = number % len(contestants)
            for one in (*contestants[turn:], *contestants[:turn]):
                if one.executor == "serial":
                    with _open(one, measurer) as executor:
                        one.seconds.append(_map_seconds(executor, batch))
                else:
                    one.seconds.append(_map_seconds(opened[one.title], batch))


@contextmanager
def _open(one: Contestant, measurer: Measurer) -> Iterator[Executor]:
    with open_executor(one.executor, measurer, one.workers) as executor:
        if one.executor == "serial":
            torch.set_num_threads(one.threads)  # the executor puts back what was there
        yield executor


def _map_seconds(executor: Executor, archs: Sequence[Architecture]) -> float:
    """Wall time until all measurements are there."""
    start = time.perf_counter()
    for measurement in executor.map(tasks_of(archs)):
        if measurement.error is not None:
            raise DiswotError(f"{measurement.arch} could not be measured: {measurement.error}")
    return time.perf_counter() - start


def family() -> list[int]:
    """This process and all that descend from it."""
    return [os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))]


def _document(
    contestants: Sequence[Contestant], costs: dict[str, Any], evaluations: int, load: float
) -> dict[str, Any]:
    by_title = {one.title: one for one in contestants}
    two_threads, processes, ray = (by_title[t] for t in ("serial 1 x 2", "processes 2 x 1", "ray 2 x 1"))
    one_thread = by_title["serial 1 x 1"]
    pairs = {
        "ray_to_processes": (processes, ray),
        "processes_to_two_threads": (two_threads, processes),
        "processes_to_twice_one_thread": (one_thread, processes),
    }
    share = {"processes_to_twice_one_thread": 0.5}
    rounds = {
        name: sorted(share.get(name, 1.0) * a / b for a, b in zip(slow.seconds, fast.seconds, strict=True))
        for name, (slow, fast) in pairs.items()
    }
    return {
        "benchmark": "scaling",
        "rows": [_row(one, evaluations) for one in contestants],
        "ratios": {name: median(values) for name, values in rounds.items()},
        "ratios_from_to": {name: [values[0], values[-1]] for name, values in rounds.items()},
        "driver_ms_per_evaluation": costs["driver_ms_per_evaluation"]["ray"],
        "driver": costs,
        "protocol": {
            "space": SPACE,
            "teacher": TEACHER.name,
            "score": SCORE,
            "evaluations": evaluations,
            "rounds": evaluations // BATCH,
            "batch": BATCH,
            "cores": os.cpu_count(),
            "load_before": load,
        },
    }


def _row(one: Contestant, evaluations: int) -> dict[str, Any]:
    return {
        "executor": one.executor,
        "workers": one.workers,
        "threads": one.threads,
        "evaluations_per_second": evaluations / sum(one.seconds),
        "startup_seconds": one.startup,
        "peak_rss_mib": one.peak,
    }
