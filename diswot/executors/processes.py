"""Worker processes on this machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType

import torch

from diswot.errors import ExecutorError
from diswot.scoring import Measurement, Measurer
from search_spaces import Architecture

_measurer: Measurer | None = None
"""The measurer of a worker process, sent once when it starts."""


class ProcessExecutor:
    """A pool of fresh processes of one thread each.

    Args:
        measurer: sent to each worker once.
        workers: number of processes.
    """

    def __init__(self, measurer: Measurer, workers: int) -> None:
        self._pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (measurer,))

    def __enter__(self) -> ProcessExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, archs: Sequence[Architecture]) -> Iterator[Measurement]:
        """Measurements in the order of `archs`.

        Raises:
            ExecutorError: a worker process died.
        """
        try:
            yield from self._pool.map(_measure, archs)
        except BrokenProcessPool as error:
            raise ExecutorError(
                "a worker process died, perhaps for lack of memory; try fewer workers or a smaller probe"
            ) from error


def _start(measurer: Measurer) -> None:
    global _measurer
    torch.set_num_threads(1)
    _measurer = measurer


def _measure(arch: Architecture) -> Measurement:
    assert _measurer is not None, "a worker starts with its measurer"
    return _measurer(arch)
