"""Timing entrants and the machine side by side, in one run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import fmean, median

import torch

from diswot.evaluation import Evaluator
from diswot.executors import Executor, open_executor
from diswot.executors.cluster import connection
from diswot.seeds import stream
from diswot.spec.compute import ComputeSpec
from diswot_benchmarks.runs.progress import Report
from diswot_benchmarks.speed.entrants import Entrant, entrants
from diswot_benchmarks.speed.spec import SPACE, ThroughputSpec
from diswot_benchmarks.speed.stopwatch import TimedProcess, map_seconds, matrix_rate, peak_rss, seconds_of
from diswot_spaces import Architecture, get_space

WARM_UP = "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
"""Scored before the clock runs: it has every operation."""


@dataclass
class Timed:
    """What was measured of one entrant.

    Attributes:
        entrant: who.
        rounds: seconds an architecture: for each round one value for each architecture, or one for all of them.
        peak: peak resident memory of its processes, in MiB, if the system tells it.
    """

    entrant: Entrant
    rounds: list[list[float]] = field(default_factory=list)
    peak: float | None = None

    @property
    def by_arch(self) -> list[float]:
        """Seconds of each architecture, or of all: the medians over the rounds."""
        return [median(times) for times in zip(*self.rounds, strict=True)]

    @property
    def seconds(self) -> float:
        """Seconds an architecture: the mean over the architectures of the medians over the rounds."""
        return fmean(self.by_arch)


def draw(count: int, seed: int) -> list[Architecture]:
    """Architectures as the benchmark's table has them, drawn by seed, each another function."""
    space, rng = get_space(SPACE), stream(seed, "throughput")
    found: dict[Architecture, Architecture] = {}
    while len(found) < count:
        arch = space.sample(rng)
        found.setdefault(space.canonical(arch), arch)
    return list(found.values())


def measure(
    spec: ThroughputSpec, archs: Sequence[Architecture], report: Report, matrix: int = 3072
) -> tuple[list[Timed], dict[str, float]]:
    """Time everybody on the same architectures, one after the other and round by round.

    Each entrant waits in processes of its own until it is its turn, so that nobody profits from what another has
    warmed, or suffers from memory that another has left.

    Args:
        spec: what to measure.
        archs: on which architectures.
        report: called as it goes.
        matrix: rows and columns of the large matrix product.

    Returns:
        What was measured of each, and for each dtype the best rate of a large matrix product, in floating-point
        operations a second.

    Raises:
        DiswotError: an architecture could not be scored, or a process died.
    """
    found = [Timed(entrant) for entrant in entrants(spec)]
    rates = dict.fromkeys((one.entrant.dtype for one in found), 0.0)
    with ExitStack() as stack:
        machine = stack.enter_context(TimedProcess(None, spec.cores))
        single = [_seat(stack, one) for one in found if one.entrant.executor == "serial"]
        for _, process in single:
            process.ask(seconds_of, get_space(SPACE).decode(WARM_UP))
        on_ray = sum(one.entrant.workers for one in found if one.entrant.executor == "ray")
        if on_ray:  # One cluster with room for the idle workers of all.
            stack.enter_context(connection(on_ray))
        pooled = [_open(stack, one, archs) for one in found if one.entrant.executor != "serial"]
        for number in range(spec.rounds):
            _time_round(single, archs, lambda done: report("timing", done, spec.rounds * len(archs)), number)
            for one, pool, _ in pooled:
                one.rounds.append([map_seconds(pool, archs) / len(archs)])
            for dtype in rates:
                rate = machine.ask(matrix_rate, getattr(torch, dtype), spec.device, matrix)
                rates[dtype] = max(rates[dtype], rate)
        for one, process in single:
            one.peak = process.ask(peak_rss)
        for one, _, children in pooled:
            one.peak = _peak(children)
    return found, rates


def _time_round(
    single: Sequence[tuple[Timed, TimedProcess]],
    archs: Sequence[Architecture],
    report: Callable[[int], None],
    number: int,
) -> None:
    """Let each of them score each architecture once."""
    for one, _ in single:
        one.rounds.append([])
    for i, arch in enumerate(archs):
        report(number * len(archs) + i)
        turn = (number + i) % len(single)  # Nobody always comes behind the same neighbour.
        for one, process in (*single[turn:], *single[:turn]):
            one.rounds[-1].append(process.ask(seconds_of, arch))


def _seat(stack: ExitStack, one: Timed) -> tuple[Timed, TimedProcess]:
    return one, stack.enter_context(TimedProcess(one.entrant.case, one.entrant.threads))


def _open(stack: ExitStack, one: Timed, archs: Sequence[Architecture]) -> tuple[Timed, Executor, set[int]]:
    """The executor of an entrant, warm, and the processes that it started."""
    who, before = one.entrant, _children()
    assert isinstance(who.case, Evaluator), "published proxies are timed in one process"
    executor = stack.enter_context(open_executor(who.case, ComputeSpec(who.executor, who.workers)))
    map_seconds(executor, archs)
    return one, executor, _children() - before


def _children() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid is not None}


def _peak(children: set[int]) -> float | None:
    """Peak resident memory of these processes together; a Ray worker is nobody's child."""
    peaks = [peak_rss(None, child) for child in children]
    known = [peak for peak in peaks if peak is not None]
    return sum(known) if known and len(known) == len(peaks) else None
