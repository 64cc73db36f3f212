"""One distillation on lease, in a folder of its own, where any worker goes on from its last checkpoint."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from diswot.distillation.job import Stage, run_distillation
from diswot.distillation.loop import Training
from diswot.spec.distillation import DistillSpec
from diswot.spec.document import from_json
from diswot_service.distillation_requests import located
from diswot_service.errors import StorageFault
from diswot_service.jobs.kind import Cancelled, Stopped
from diswot_service.progress import Progress
from diswot_service.settings import Settings
from diswot_service.store import Lease, Leases, Snapshot

TELL = 0.5
"""Seconds between two reports of progress; a request to cancel is noticed as often."""

_LOG = logging.getLogger("diswot_service.worker")


class DistillationWork:
    """A distillation on lease, and what it tells the store while it runs.

    Args:
        leases: the store.
        lease: of the job.
        settings: of the service.
        stopping: set when the worker is told to stop.
        clock: seconds.
    """

    def __init__(
        self,
        leases: Leases,
        lease: Lease,
        settings: Settings,
        stopping: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.leases, self.lease, self.settings, self.stopping, self.clock = leases, lease, settings, stopping, clock
        spec = from_json(DistillSpec, lease.job.spec)
        self.spec = replace(spec, data=replace(spec.data, source=located(spec, settings.datasets)))
        self.progress = Progress(**lease.job.progress).model_copy(update={"phase": "preparing", "eta_s": None})
        self._told = self._began = clock()
        self._first: int | None = None
        self._kept = ""

    def run(self) -> dict[str, Any]:
        """Distil until done; see `diswot_service.jobs.kind.Work`."""
        self._remove_left_behind()
        self._heed()
        folder = self.settings.distillations / self.lease.job.id
        report = run_distillation(self.spec, folder, self._tell, self._go_on)
        done = {"done": self.progress.total, "percent": 100.0, "eta_s": 0.0}
        self.progress = self.progress.model_copy(update=done)
        return report.model_dump(mode="json")

    def _go_on(self) -> None:
        if self.stopping.is_set():
            raise Stopped("the worker is told to stop")

    def _tell(self, stage: Stage, training: Training) -> None:
        now = self.clock()
        ended = f"{stage.name} {training.epoch}"
        if now - self._told < TELL and ended == self._kept:
            return
        self._count(stage, training, now)
        self._told, fresh, self._kept = now, ended != self._kept, ended
        self._heed(keep=fresh)

    def _count(self, stage: Stage, training: Training, now: float) -> None:
        """Batches of all trainings, as if each had as many as the present one."""
        each = training.recipe.epochs * training.batches
        done = (stage.number - 1) * each + training.epoch * training.batches + training.batch
        total = stage.total * each
        if self._first is None:
            self._first, self._began = done, now
        passed, seconds = done - self._first, now - self._began
        rate = passed / seconds if passed and seconds > 0 else None
        self.progress = Progress(
            done=done,
            total=total,
            percent=round(100 * done / total, 1),
            phase=stage.name,
            rate_per_s=rate and round(rate, 2),
            eta_s=rate and round((total - done) / rate, 1),
            best_score=max((one.valid_accuracy for one in training.history), default=None),
        )

    def _heed(self, *, keep: bool = False) -> None:
        """Tell the store, and do what the job's state asks for; a training goes on while it cannot be written."""
        told = self.progress.model_dump()
        try:
            if keep:
                state = self.leases.checkpoint(self.lease, told, Snapshot(self.progress.done, {}))
            else:
                state = self.leases.progress(self.lease, told)
        except StorageFault as fault:
            _LOG.warning("distillation %s goes on without the store: %s", self.lease.job.id, fault)
            return
        if state == "cancelling":
            raise Cancelled("a client asked the distillation to stop")

    def _remove_left_behind(self) -> None:
        """Remove the folders of distillations that were deleted."""
        known = self.leases.known(self.lease.job.kind)
        root = self.settings.distillations
        for folder in root.iterdir() if root.is_dir() else ():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
