"""Progress of a batch on stderr: what runs, how many are done, how long it will take, what failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from diswot.batch.plan import Job
from diswot.cli.batch_show import say_duration
from diswot.cli.console import STDERR

if TYPE_CHECKING:
    from diswot.batch.run import Outcome, Watch
    from diswot.search.run import Progress

PHASES = {"reference": "reference sample", "evolving": "searching", "beyond": "looking beyond the budget"}


@contextmanager
def watching(jobs: Sequence[Job]) -> Iterator[Watch]:
    """Show the progress of these searches inside the block."""
    from diswot.batch.run import Watch

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Bar(*columns, console=STDERR) as bar:
        display = _Display(bar, len(jobs))
        yield Watch(display.begin, display.progress, display.end)


class _Display:
    """Two bars: all searches, and the one that runs; and a line for each that has ended."""

    def __init__(self, bar: Bar, total: int) -> None:
        self.bar, self.total = bar, total
        self.ended = self.failed = 0
        self.taken: list[float] = []
        self.all = bar.add_task("all searches", total=total, told=self._told())
        self.one = bar.add_task("", total=None, told="")

    def begin(self, job: Job) -> None:
        self.bar.reset(self.one, description=job.name, total=None, told="observing the teacher")

    def progress(self, _: Job, progress: Progress) -> None:
        best = "" if progress.best_score is None else f", best score {progress.best_score:.3f}"
        told = f"{PHASES[progress.phase]} {progress.done}/{progress.total}{best}"
        self.bar.update(self.one, completed=progress.done, total=progress.total, told=told)

    def end(self, outcome: Outcome) -> None:
        self.ended += 1
        if outcome.status == "failed":
            self.failed += 1
        if outcome.status != "skipped":
            self.taken.append(outcome.seconds)
        said = {
            "finished": f"done in {say_duration(outcome.seconds)}",
            "skipped": "was done before",
            "failed": f"failed: {outcome.reason}",
        }[outcome.status]
        self.bar.update(self.all, completed=self.ended, told=self._told())
        self.bar.console.print(
            f"[{self.ended}/{self.total}] {outcome.job.name}: {said}; {self._told()}",
            markup=False,
            soft_wrap=True,
            style="red" if outcome.status == "failed" else None,
        )

    def _told(self) -> str:
        """How many are done and failed, and how long the rest will take if they are like those that ran."""
        left = self.total - self.ended
        parts = [f"{self.ended} of {self.total} done" if left else "all done"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if left and self.taken:
            parts.append(f"about {say_duration(left * sum(self.taken) / len(self.taken))} left")
        return ", ".join(parts)
