"""What executors cost: evaluations per second of each, start-up, memory, and the driver's share."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import psutil
import torch

from diswot.errors import InputError
from diswot.evaluation import Evaluator
from diswot.executors import Executor, connect, open_executor
from diswot.seeds import stream
from diswot.spec.compute import EXECUTORS, ComputeSpec
from diswot.spec.score import ScoreSpec
from diswot.spec.search import EVALUATIONS, PROPOSALS
from diswot.spec.teacher import TeacherSpec
from diswot.workflow import build_evaluator
from diswot_benchmarks.runs.progress import Report
from diswot_benchmarks.scaling.driver import driver_ms
from diswot_benchmarks.speed.stopwatch import map_seconds, peak_rss
from diswot_spaces import Architecture


@dataclass(frozen=True, slots=True)
class ScalingSpec:
    """One scaling benchmark.

    Attributes:
        evaluations: of each executor; a multiple of the batch.
        scored: what is measured, with one initialization of the teacher, and of each student.
        batch: evaluations that an executor is given at once, as by a search.
        searched: evaluations of the search that the driver is timed on.
    """

    evaluations: int
    scored: ScoreSpec
    batch: int = PROPOSALS
    searched: int = EVALUATIONS

    def __post_init__(self) -> None:
        """Raise `InputError` for fewer evaluations than a batch, or no multiple of it."""
        if self.evaluations < self.batch or self.evaluations % self.batch:
            raise InputError(
                f"evaluations must be a multiple of {self.batch}, the batch of a search, not {self.evaluations}"
            )


def spec_of(evaluations: int, seed: int) -> ScalingSpec:
    """The default score under ResNet-56 with 100 classes."""
    return ScalingSpec(evaluations, ScoreSpec(TeacherSpec("resnet56", 100), seed=seed, teacher_inits=1))


@dataclass
class Entrant:
    """An executor with so many workers, and what was measured of it.

    Attributes:
        executor: its name.
        workers: their number.
        threads: of each worker.
        startup_seconds: until all workers were ready; a Ray cluster is started, too.
        peak_rss_mib: peak resident memory of this process and all that were started.
        seconds: of each round.
    """

    executor: str
    workers: int
    threads: int = 1
    startup_seconds: float = 0.0
    peak_rss_mib: float = 0.0
    seconds: list[float] = field(default_factory=list)


def run_scaling(spec: ScalingSpec, report: Report) -> dict[str, Any]:
    """Measure all executors on the same architectures.

    Args:
        spec: what to measure.
        report: called as it goes.

    Returns:
        The document that docs/guide/executors.md describes, as JSON values.

    Raises:
        ExecutorError: workers could not be started.
        DiswotError: an architecture could not be measured.
    """
    load = os.getloadavg()[0]
    report("observing the teacher", 0, 1)
    evaluator = build_evaluator(spec.scored)
    rng = stream(spec.scored.seed, "scaling")
    archs = [evaluator.space.sample(rng) for _ in range(spec.evaluations)]
    entrants = [Entrant("serial", 1), Entrant("serial", 1, threads=2)]
    entrants += [Entrant(name, workers) for name in ("processes", "ray") for workers in (1, 2)]
    for done, one in enumerate(entrants):
        report("starting each alone", done, len(entrants))
        _start_alone(one, evaluator, archs[: spec.batch])
    with connect(ComputeSpec("ray", sum(one.workers for one in entrants if one.executor == "ray"))):
        _race(entrants, evaluator, archs, spec.batch, report)
        report("measuring the driver", 0, 1)
        costs = {name: driver_ms(name, evaluator, spec.scored.seed, spec.searched) for name in EXECUTORS}
    return _document(spec, entrants, costs, load)


def _start_alone(one: Entrant, evaluator: Evaluator, archs: Sequence[Architecture]) -> None:
    """Start-up and memory, with no other executor there."""
    start = time.perf_counter()
    with _open(one, evaluator) as executor:
        one.startup_seconds = time.perf_counter() - start
        map_seconds(executor, archs)
        one.peak_rss_mib = sum(peak_rss(None, process) or 0.0 for process in family())


def _race(
    entrants: Sequence[Entrant], evaluator: Evaluator, archs: Sequence[Architecture], size: int, report: Report
) -> None:
    """All are started; then they take turns, batch by batch, so that what slows the machine slows them all."""
    rounds = len(archs) // size
    with ExitStack() as stack:
        pools = {id(one): stack.enter_context(_open(one, evaluator)) for one in entrants if one.executor != "serial"}
        for executor in pools.values():
            map_seconds(executor, archs[:size])
        for number in range(rounds):
            report("taking turns", number, rounds)
            batch = archs[number * size : (number + 1) * size]
            turn = number % len(entrants)
            for one in (*entrants[turn:], *entrants[:turn]):
                if id(one) in pools:
                    one.seconds.append(map_seconds(pools[id(one)], batch))
                else:
                    with _open(one, evaluator) as executor:
                        one.seconds.append(map_seconds(executor, batch))


@contextmanager
def _open(one: Entrant, evaluator: Evaluator) -> Iterator[Executor]:
    with open_executor(evaluator, ComputeSpec(one.executor, one.workers)) as executor:
        if one.executor == "serial":
            torch.set_num_threads(one.threads)  # the executor puts back what was there
        yield executor


def family() -> list[int]:
    """This process and all that descend from it."""
    return [os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))]


def _document(spec: ScalingSpec, entrants: Sequence[Entrant], costs: dict[str, float], load: float) -> dict[str, Any]:
    found = {(one.executor, one.workers, one.threads): one.seconds for one in entrants}
    serial, two_threads = found["serial", 1, 1], found["serial", 1, 2]
    processes, ray = found["processes", 2, 1], found["ray", 2, 1]
    pairs = {
        "ray_to_processes": (1.0, processes, ray),
        "processes_to_two_threads": (1.0, two_threads, processes),
        "processes_to_twice_one_thread": (0.5, serial, processes),
    }
    ratios = {
        name: sorted(share * a / b for a, b in zip(slow, fast, strict=True))
        for name, (share, slow, fast) in pairs.items()
    }
    rows = [
        {name: value for name, value in asdict(one).items() if name != "seconds"}
        | {"evaluations_per_second": spec.evaluations / sum(one.seconds)}
        for one in entrants
    ]
    return {
        "benchmark": "scaling",
        "rows": rows,
        "ratios": {name: median(values) for name, values in ratios.items()},
        "ratios_from_to": {name: [values[0], values[-1]] for name, values in ratios.items()},
        "driver_ms_per_evaluation": costs["ray"],
        "driver": costs,
        "protocol": {
            "space": spec.scored.space,
            "teacher": spec.scored.teacher.name,
            "score": spec.scored.score,
            "evaluations": spec.evaluations,
            "rounds": spec.evaluations // spec.batch,
            "batch": spec.batch,
            "cores": os.cpu_count(),
            "load_before": load,
        },
    }
