"""How far one driver scales, on paper: a simulation of driver and workers out of a few measured costs."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from diswot.executors.dispatch import IN_FLIGHT


@dataclass(frozen=True, slots=True)
class TaskCosts:
    """What was measured, in seconds.

    Attributes:
        evaluations: what evaluations take; each in turn.
        task: what a worker loses at each task beside the evaluation.
        driver: what the driver takes for each evaluation: to propose, send, receive and score it.
    """

    evaluations: Sequence[float]
    task: float
    driver: float


def simulate(costs: TaskCosts, workers: int, evaluations: int, batch: int | None = None) -> float:
    """Evaluations per second of one driver and its workers.

    Args:
        costs: measured.
        workers: simulated.
        evaluations: simulated.
        batch: evaluations that are proposed at once, the next ones only when all of these are told; by default all.
    """
    takes = cycle(costs.evaluations)
    clock, left = 0.0, evaluations
    while left:
        size = min(batch or left, left)
        clock = _run_batch(takes, size, costs, workers, clock)
        left -= size
    return evaluations / clock


def _run_batch(takes: Iterator[float], size: int, costs: TaskCosts, workers: int, clock: float) -> float:
    """When a batch that begins at `clock` is done.

    The driver does one thing after the other: half of its time for an evaluation goes by before it is sent, the other
    half after it has come back. It sends as the dispatcher does: to an idle worker, or one more to go on with as long
    as more are waiting than there are workers.
    """
    answers: list[tuple[float, int]] = []
    free = [clock] * workers
    by_load = [set(range(workers)), *(set[int]() for _ in range(IN_FLIGHT))]
    waiting, told = size, 0
    while told < size:
        while waiting:
            load = next((n for n in range(IN_FLIGHT) if by_load[n]), None)
            if load is None or (load and waiting <= workers):
                break
            worker = by_load[load].pop()
            by_load[load + 1].add(worker)
            clock += costs.driver / 2
            free[worker] = max(free[worker], clock) + costs.task + next(takes)
            heapq.heappush(answers, (free[worker], worker))
            waiting -= 1
        answer, worker = heapq.heappop(answers)
        clock = max(clock, answer) + costs.driver / 2
        load = next(n for n, there in enumerate(by_load) if worker in there)
        by_load[load].remove(worker)
        by_load[load - 1].add(worker)
        told += 1
    return clock
