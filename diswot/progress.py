"""Progress of a search on a console: what goes on, how much of it is done, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from diswot.quantities import say_duration

if TYPE_CHECKING:
    from diswot.search.state import Progress
    from diswot.workflow import Stage

STAGES = {
    "observing": "observing the teacher",
    "starting": "starting the workers",
    "evaluating": "evaluating the first networks",
}
"""Before the first evaluation is there."""
PHASES = {
    "reference": "measuring the reference sample",
    "exploring": "searching",
    "finalists": "making sure of the finalists",
    "relaxation": "looking beyond the budget",
}


def search_bar(console: Console) -> Bar:
    """A bar of one search, on a console."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    return Bar(*columns, console=console)


class SearchDisplay:
    """Shows how far a search has come.

    Args:
        bar: draws.
        workers: that evaluate.
        clock: seconds.
    """

    def __init__(self, bar: Bar, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar, self._left = bar, Estimate(workers, clock)
        self._task = bar.add_task("reading the probe", total=None, left="")

    def prepare(self, stage: Stage) -> None:
        """The search has come to a stage of its preparation."""
        self._bar.update(self._task, description=STAGES[stage])
        self._left.begin()

    def progress(self, progress: Progress) -> None:
        """One more evaluation is there."""
        best = "" if progress.best_score is None else f", best score {progress.best_score:.3f}"
        self._bar.update(
            self._task,
            description=PHASES[progress.phase] + best,
            completed=progress.done,
            total=progress.total,
            left=f"about {say_duration(self._left(progress))} left",
        )


class Estimate:
    """Seconds that a phase of a search will still take, from its first evaluation on.

    Args:
        workers: that evaluate. Of those that have begun together one is told first, so half of the others count.
        clock: seconds.
    """

    def __init__(self, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._workers, self._clock = workers, clock
        self._phase: str | None = None
        self._before = 0
        self.begin()

    def begin(self) -> None:
        """Evaluations begin now."""
        self._began = self._told = self._clock()

    def __call__(self, progress: Progress) -> float:
        """What is left after one more evaluation was told."""
        if progress.phase != self._phase:
            self._phase, self._began, self._before = progress.phase, self._told, progress.done - 1
        self._told = self._clock()
        left = progress.total - progress.done
        done = progress.done - self._before + min(self._workers - 1, left) / 2
        return (self._told - self._began) * left / done
