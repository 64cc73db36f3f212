"""The loop of a search: phase after phase, until all is measured or the caller wants no more."""

from __future__ import annotations

import time
from collections.abc import Callable

from diswot.executors import Executor
from diswot.search.phases import PHASES, Report
from diswot.search.search import Search


def run_phases(
    search: Search,
    executor: Executor,
    report: Report,
    checkpoint: Callable[[], bool] = lambda: True,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Search until done.

    Args:
        search: new or restored.
        executor: entered; measures what `prepare` made for the spec of the search.
        report: called after each evaluation.
        checkpoint: called after each batch, when the search is worth keeping; returns whether to go on.
        clock: seconds, for the limit of time.
    """
    began = clock() - search.state.seconds
    search.feasible.check_latency()
    for phase in PHASES:
        for _ in phase(search, executor, report):
            search.state.seconds = clock() - began
            if not checkpoint():
                return
