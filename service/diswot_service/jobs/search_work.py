"""One search on lease: from its row, or its last checkpoint, to its result."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from diswot.errors import UnreadableData
from diswot.search.search import Search
from diswot.search.state import Progress as PhaseProgress
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_json
from diswot.spec.search import SearchSpec
from diswot.workflow import run_search
from diswot_service.errors import StorageFault
from diswot_service.jobs.kind import Cancelled, Stopped
from diswot_service.jobs.tally import Tally
from diswot_service.progress import Progress
from diswot_service.store import Lease, Leases, Snapshot
from diswot_service.store.growth import Lists, changes, take_out

TELL = 0.5
"""Seconds between two reports of progress; a request to cancel is noticed as often."""
SAVE = 5.0
"""Seconds between two checkpoints while the reference sample is measured; later each batch ends with one."""
SHARE = 0.05
"""Of the time that making checkpoints may take: in a long search not every batch ends with one."""
GROWING = ("reference", "evaluations", "relaxation", "latencies", "algorithm.known", "algorithm.bred")
"""Parts of a search's state that grow with it."""

_LOG = logging.getLogger("diswot_service.worker")


class SearchWork:
    """A search on lease, and what it tells the store while it runs.

    Args:
        leases: the store.
        lease: of the job.
        compute: where to measure.
        stopping: set when the worker is told to stop.
        clock: seconds, for rates and intervals.
        effort: seconds of computing, for what a checkpoint costs.
    """

    def __init__(
        self,
        leases: Leases,
        lease: Lease,
        compute: ComputeSpec,
        stopping: threading.Event,
        clock: Callable[[], float] = time.monotonic,
        effort: Callable[[], float] = time.thread_time,
    ) -> None:
        self.leases = leases
        self.lease = lease
        self.compute = compute
        self.stopping = stopping
        self.clock = clock
        self.effort = effort
        self.search = Search(from_json(SearchSpec, lease.job.spec))
        self._lists: Lists = {}
        self._restore()
        self._tally = Tally(self.search, Progress(**lease.job.progress), clock)
        self._saved = self._tally.done
        self._told = self._kept = clock()
        self._cost = 0.0
        self._fault = ""

    @property
    def progress(self) -> Progress:
        """How far the search has come."""
        return self._tally.progress

    def run(self) -> dict[str, Any]:
        """Search until done; see `diswot_service.jobs.kind.Work`."""
        self._tell()
        result = run_search(self.search, self.compute, self._report, self._checkpoint)
        assert result is not None, "a checkpoint that ends the search raises"
        self._tally.end()
        if self._tally.done > self._saved:
            self._save()
        return result.model_dump(mode="json")

    def _restore(self) -> None:
        """Continue at the last checkpoint; where that is not possible, begin anew and say so."""
        try:
            snapshot = self.leases.latest(self.lease)
            if snapshot is not None:
                self._take_up(snapshot)
        except UnreadableData as error:
            self.leases.restart(self.lease, str(error))
            self.search = Search(self.search.spec)

    def _take_up(self, snapshot: Snapshot) -> None:
        try:
            self.search.restore(snapshot.state)
        except (LookupError, TypeError, ValueError) as error:  # Say, of an algorithm that has changed its own state.
            if isinstance(error, UnreadableData):
                raise
            raise UnreadableData(f"the checkpoint does not fit this version: {error!r}") from error
        self._lists = snapshot.lists

    def _report(self, progress: PhaseProgress) -> None:
        if self.stopping.is_set():
            raise Stopped("the worker is told to stop")
        self._tally.take(progress)
        now = self.clock()
        if progress.phase == "reference" and now - self._kept >= SAVE:
            self._checkpoint()
        elif now - self._told >= TELL:
            self._tell()

    def _tell(self) -> None:
        self._told = self.clock()
        self._heed(lambda: self.leases.progress(self.lease, self.progress.model_dump()))

    def _checkpoint(self) -> bool:
        due = self._kept + self._cost / SHARE
        if self._tally.done > self._saved and self.clock() >= due:
            self._save()
        return True

    def _save(self) -> None:
        start = self.effort()
        self._heed(self._keep)
        self._cost = self.effort() - start
        self._told = self._kept = self.clock()

    def _keep(self) -> str:
        rest, lists = take_out(self.search.to_json(), GROWING)
        added = changes(self._lists, lists)
        snapshot = Snapshot(self._tally.done, rest, added)
        fresh = [number for number, _ in added.get("evaluations", ())]
        state = self.leases.checkpoint(self.lease, self.progress.model_dump(), snapshot, self._candidates(fresh))
        self._lists, self._saved = lists, self._tally.done
        return state

    def _candidates(self, numbers: list[int]) -> list[dict[str, Any]]:
        """Rows of the candidates with these numbers."""
        return [self._candidate(number) for number in numbers]

    def _candidate(self, number: int) -> dict[str, Any]:
        evaluation = self.search.evaluations[number]
        score = None if evaluation.error is not None else self.search.scorer(evaluation)
        details = {
            "standard_error": score and score.stderr,
            "initializations": evaluation.num_inits,
            "params": evaluation.costs.params,
            "macs": evaluation.costs.macs,
            "memory": evaluation.costs.memory,
            "latency": self.search.cost(evaluation.arch, "latency"),
            "failure": evaluation.error,
            "terms": score and score.components,
        }
        return {"number": number, "arch": evaluation.arch, "score": score and score.value, "details": details}

    def _heed(self, write: Callable[[], str]) -> None:
        """Write, and do what the job's state asks for; a search goes on while the store cannot be written."""
        try:
            state = write()
        except StorageFault as fault:
            if str(fault) != self._fault:
                self._fault = str(fault)
                _LOG.warning("search %s goes on without the store: %s", self.lease.job.id, fault)
            return
        if state == "cancelling":
            raise Cancelled("a client asked the search to stop")
