"""Worker processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType

import torch

from diswot.errors import ExecutorError
from diswot.executors.base import RETRIES, Measure
from diswot.scoring import Measurement
from search_spaces import Architecture

_measurer: Measure | None = None
"""The measurer of a worker process, sent once when it starts."""


class ProcessExecutor:
    """A pool of fresh processes of one thread each.

    Args:
        measurer: sent to each worker once.
        workers: number of processes.
    """

    def __init__(self, measurer: Measure, workers: int) -> None:
        # Pickled here, so that a worker's tensors are its own: the pool would pass torch's through shared memory.
        self._measurer = pickle.dumps(measurer)
        self._workers = workers
        self._pool = self._open()

    def __enter__(self) -> ProcessExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, archs: Sequence[Architecture]) -> Iterator[Measurement]:
        """Measurements in the order of `archs`.

        When a process dies, the pool is replaced and goes on where it was.

        Raises:
            ExecutorError: processes died again and again over one measurement.
        """
        done = deaths = 0
        while done < len(archs):
            try:
                for measurement in self._pool.map(_measure, archs[done:]):
                    yield measurement
                    done, deaths = done + 1, 0
            except BrokenProcessPool as error:
                deaths += 1
                if deaths > RETRIES:
                    raise ExecutorError(
                        f"a worker process died {deaths} times over one architecture, perhaps for lack of memory; "
                        "try fewer workers or a smaller probe"
                    ) from error
                self._pool.shutdown(cancel_futures=True)
                self._pool = self._open()

    def _open(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._workers, spawn, _start, (self._measurer,))


def _start(measurer: bytes) -> None:
    global _measurer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _measurer = pickle.loads(measurer)  # noqa: S301  (from the parent process)


def _leave_with_parent() -> None:
    """End this process when its parent has ended, however that happened."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"
    parent.join()
    os._exit(1)


def _measure(arch: Architecture) -> Measurement:
    assert _measurer is not None, "a worker starts with its measurer"
    return _measurer(arch)
