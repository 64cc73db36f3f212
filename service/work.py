"""One search on lease: from its row, or its last checkpoint, to its result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from diswot.errors import DiswotError
from diswot.recommend import run_search
from diswot.report.result import Result
from diswot.search.search import Search
from diswot.search.state import Progress
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_json
from diswot.spec.search import SearchSpec
from service.leases import Lease, Leases

TELL = 0.5
"""Seconds between two reports of progress; a request to cancel is noticed as often."""
SAVE = 5.0
"""Seconds between two checkpoints while the reference sample is measured; later each batch ends with one."""


class Cancelled(DiswotError):
    """A client asked the search to stop."""


class Stopped(DiswotError):
    """The worker is told to stop."""


class SearchWork:
    """A search on lease, and what it tells the store while it runs.

    Args:
        leases: the store.
        lease: of the job.
        compute: where to measure.
        stopping: set when the worker is told to stop.
        clock: seconds, for rates and intervals.
    """

    def __init__(
        self,
        leases: Leases,
        lease: Lease,
        compute: ComputeSpec,
        stopping: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.leases = leases
        self.lease = lease
        self.compute = compute
        self.stopping = stopping
        self.clock = clock
        self.search = Search(from_json(SearchSpec, lease.job.spec))
        state = leases.latest(lease)
        if state is not None:
            self.search.restore(state)
        self._saved = self._before = self._done
        self._since: float | None = None
        self._told = self._kept = clock()
        self.progress: dict[str, Any] = {
            **lease.job.progress,
            "done": self._done,
            "phase": "preparing",
            "rate_per_s": None,
            "eta_s": None,
        }

    def run(self) -> Result:
        """Search until done.

        Raises:
            Cancelled: a client asked for it.
            Stopped: the worker is told to stop.
            LeaseLost: another worker holds the job.
            ExecutorError: workers could not be started or were lost.
            DiswotError: the search cannot succeed.
        """
        self._heed(self.leases.progress(self.lease, self.progress))
        result = run_search(self.search, self.compute, self._report, self._checkpoint)
        assert result is not None, "a checkpoint that ends the search raises"
        total = max(1, self._done)
        self.progress |= {"done": total, "total": total, "percent": 100.0, "eta_s": 0.0}
        return result

    @property
    def _done(self) -> int:
        search = self.search
        return len(search.reference) + len(search.measurements) + search.sure

    def _report(self, progress: Progress) -> None:
        if self.stopping.is_set():
            raise Stopped("the worker is told to stop")
        now = self.clock()
        self._describe(progress, now)
        if progress.phase == "reference" and now - self._kept >= SAVE:
            self._checkpoint()
        elif now - self._told >= TELL:
            self._told = now
            self._heed(self.leases.progress(self.lease, self.progress))

    def _checkpoint(self) -> bool:
        if self._done > self._saved:
            self._saved = self._done
            self._told = self._kept = self.clock()
            self._heed(self.leases.checkpoint(self.lease, self.progress, self._done, self.search.to_json()))
        return True

    def _heed(self, state: str) -> None:
        if state == "cancelling":
            raise Cancelled("a client asked the search to stop")

    def _describe(self, progress: Progress, now: float) -> None:
        """Progress over all phases, so that it only ever grows while an attempt lasts."""
        reference = progress.total if progress.phase == "reference" else len(self.search.reference)
        finalists = progress.total if progress.phase == "finalists" else self.search.expected_finalists
        total = reference + self.search.spec.evaluations + finalists
        done = self._done
        if self._since is None:  # The first measurement is the start of the clock: before it, workers were starting.
            self._since, self._before = now, done
        fresh, seconds = done - self._before, now - self._since
        rate = fresh / seconds if fresh and seconds > 0 else None
        self.progress = {
            "done": done,
            "total": total,
            "percent": max(self.progress["percent"], round(100 * done / total, 1)),  # Fronts bring more finalists.
            "phase": progress.phase,
            "rate_per_s": rate and round(rate, 2),
            "eta_s": rate and round((total - done) / rate, 1),
            "best_score": progress.best_score,
        }
