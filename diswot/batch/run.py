"""Running a batch: one search after the other, whatever becomes of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from diswot.batch.folder import BatchFolder
from diswot.batch.plan import PlannedSearch
from diswot.errors import DiswotError, StorageError
from diswot.executors import connect
from diswot.report.files import write_files
from diswot.search.checkpoint import CHECKPOINT, checkpoints
from diswot.search.search import Search
from diswot.search.state import Progress
from diswot.spec.compute import ComputeSpec
from diswot.workflow import Stage, finish_search

Status = Literal["finished", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a search.

    Attributes:
        job: the search.
        status: `finished` now, `skipped` as it was finished before, or `failed`.
        seconds: that it took now.
        reason: why it failed.
        missing: why there is no picture of it, if there is none.
    """

    job: PlannedSearch
    status: Status
    seconds: float
    reason: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom to tell what.

    Attributes:
        begin: a search begins, or goes on, or is looked for.
        prepare: the search that runs has come to a stage of its preparation.
        progress: one more evaluation.
        end: a search has ended.
    """

    begin: Callable[[PlannedSearch], None]
    prepare: Callable[[PlannedSearch, Stage], None]
    progress: Callable[[PlannedSearch, Progress], None]
    end: Callable[[Outcome], None]


def run_batch(jobs: Sequence[PlannedSearch], folder: BatchFolder, compute: ComputeSpec, watch: Watch) -> list[Outcome]:
    """Run every search that is not finished; one that fails does not stop the others.

    Args:
        jobs: of one plan.
        folder: held.
        compute: where to do it, whatever a checkpoint says.
        watch: is told what happens.

    Raises:
        ExecutorError: a Ray cluster that all searches were to share does not start or answer.
    """
    outcomes = []
    with connect(compute):
        for job in jobs:
            watch.begin(job)
            outcomes.append(_outcome(job, folder, compute, watch))
            watch.end(outcomes[-1])
    return outcomes


def _outcome(job: PlannedSearch, folder: BatchFolder, compute: ComputeSpec, watch: Watch) -> Outcome:
    start = time.monotonic()
    try:
        if folder.result(job) is not None:
            (folder.of(job) / CHECKPOINT).unlink(missing_ok=True)  # Left by a kill between the two.
            return Outcome(job, "skipped", time.monotonic() - start)
        missing = _search(job, folder, compute, watch)
    except DiswotError as error:
        return Outcome(job, "failed", time.monotonic() - start, str(error))
    except (ArithmeticError, OSError, RuntimeError, ValueError) as error:
        # A network that does not fit into memory, a full disk: the other searches may well go through.
        return Outcome(job, "failed", time.monotonic() - start, f"{type(error).__name__}: {error}")
    return Outcome(job, "finished", time.monotonic() - start, missing=missing)


def _search(job: PlannedSearch, folder: BatchFolder, compute: ComputeSpec, watch: Watch) -> str | None:
    """Bring one search to its end; returns why there is no picture of it, if there is none."""
    home, begun = folder.of(job), folder.begun(job)
    search = Search(job.spec) if begun is None else begun[0]
    with checkpoints(home, search, compute) as keep:
        report, tell = partial(watch.progress, job), partial(watch.prepare, job)
        found = finish_search(search, compute, report, keep, tell)
        assert found is not None, "no checkpoint ends the search"
        try:
            return write_files(home, *found)
        except StorageError as error:
            best = found[1].recommended
            raise StorageError(f"{error}; it recommends {best.arch} with a score of {best.score:.3f}") from error
