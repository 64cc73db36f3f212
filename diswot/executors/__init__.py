"""Where architectures are measured: in this process, in worker processes, or on a Ray cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from diswot.errors import InputError, UnknownName
from diswot.executors.base import Executor

if TYPE_CHECKING:
    from diswot.scoring import Measurer

EXECUTORS = ("serial", "processes", "ray")


def open_executor(name: str, measurer: Measurer, workers: int | None = None) -> Executor:
    """The executor of that name, to be entered.

    Args:
        name: one of `EXECUTORS`.
        measurer: what the workers compute.
        workers: number of workers; by default one for each core that this process may use.

    Raises:
        UnknownName: lists the valid names.
        InputError: fewer than one worker.
    """
    workers = len(os.sched_getaffinity(0)) if workers is None else workers
    if workers < 1:
        raise InputError(f"workers must be at least 1, not {workers}")
    if name == "serial":
        from diswot.executors.serial import SerialExecutor

        return SerialExecutor(measurer)
    if name == "processes":
        from diswot.executors.processes import ProcessExecutor

        return ProcessExecutor(measurer, workers)
    if name == "ray":
        from diswot.executors.ray import RayExecutor

        return RayExecutor(measurer, workers)
    raise UnknownName("executor", name, EXECUTORS)


__all__ = ["EXECUTORS", "Executor", "open_executor"]
