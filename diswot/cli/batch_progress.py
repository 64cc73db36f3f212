"""Progress of a batch on stderr: what runs, how many are done, how long it will take, what failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from diswot.batch.plan import PlannedSearch
from diswot.cli.console import STDERR
from diswot.progress import PHASES, STAGES
from diswot.quantities import say_duration

if TYPE_CHECKING:
    from diswot.batch.run import Outcome, Watch
    from diswot.search.state import Progress
    from diswot.workflow import Stage

BAR = 16
"""Characters of a bar: the name of the search that runs needs the room."""


@contextmanager
def watching(jobs: Sequence[PlannedSearch]) -> Iterator[Watch]:
    """Show the progress of these searches inside the block."""
    from diswot.batch.run import Watch

    columns = (TextColumn("{task.description}"), BarColumn(BAR), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Bar(*columns, console=STDERR) as bar:
        display = Display(bar, len(jobs))
        yield Watch(display.begin, display.prepare, display.progress, display.end)


class Display:
    """Two bars: all searches, and the one that runs; and a line for each that has ended.

    Args:
        bar: draws.
        total: number of searches.
        clock: seconds.
    """

    def __init__(self, bar: Bar, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.bar, self.total, self.clock = bar, total, clock
        self.ended = self.failed = 0
        self.taken: list[float] = []
        self.began, self.share = clock(), 0.0
        self.all = bar.add_task("all searches", total=total, told=self.told())
        self.one = bar.add_task("", total=None, told="")

    def begin(self, job: PlannedSearch) -> None:
        """A search begins."""
        self.began, self.share = self.clock(), 0.0
        self.bar.reset(self.one, description=job.name, total=None, told="reading")

    def prepare(self, _: PlannedSearch, stage: Stage) -> None:
        """The search that runs has come to a stage of its preparation."""
        self.bar.update(self.one, told=STAGES[stage])

    def progress(self, _: PlannedSearch, progress: Progress) -> None:
        """The search that runs has measured one more."""
        if progress.phase == "exploring":
            self.share = progress.done / progress.total
        best = "" if progress.best_score is None else f", best score {progress.best_score:.3f}"
        told = f"{PHASES[progress.phase]} {progress.done}/{progress.total}{best}"
        self.bar.update(self.one, completed=progress.done, total=progress.total, told=told)
        self.bar.update(self.all, told=self.told())

    def end(self, outcome: Outcome) -> None:
        """A search has ended, and gets its line."""
        self.ended += 1
        self.began, self.share = self.clock(), 0.0
        if outcome.status == "failed":
            self.failed += 1
        if outcome.status == "finished":
            self.taken.append(outcome.seconds)
        said = {
            "finished": f"done in {say_duration(outcome.seconds)}",
            "skipped": "was done before",
            "failed": f"failed: {outcome.reason}",
        }[outcome.status]
        self.bar.update(self.all, completed=self.ended, told=self.told())
        self.bar.console.print(
            f"[{self.ended}/{self.total}] {outcome.job.name}: {said}; {self.told()}",
            markup=False,
            soft_wrap=True,
            style="red" if outcome.status == "failed" else None,
        )
        if outcome.missing is not None:
            self.bar.console.print(f"  search.png was left out: {outcome.missing}", markup=False, soft_wrap=True)

    def told(self) -> str:
        """How many are done and failed, and how long the rest will take."""
        left = self.total - self.ended
        parts = [f"{self.ended} of {self.total} done" if left else "all done"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        seconds = self._left(left)
        if seconds is not None:
            parts.append(f"about {say_duration(seconds)} left")
        return ", ".join(parts)

    def _left(self, searches: int) -> float | None:
        """Seconds, if all searches are like those that got through, or the first like what there is of it."""
        so_far = self.clock() - self.began
        if not searches or not (self.taken or self.share):
            return None
        each = sum(self.taken) / len(self.taken) if self.taken else so_far / self.share
        return max(0.0, each - so_far) + (searches - 1) * each
