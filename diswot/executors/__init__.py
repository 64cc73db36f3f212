"""Where architectures are measured: in this process, in worker processes, or on a Ray cluster."""

from __future__ import annotations

import os

from diswot.errors import InputError, UnknownName
from diswot.executors.base import Executor, Measure

EXECUTORS = ("serial", "processes", "ray")


def open_executor(name: str, measurer: Measure, workers: int | None = None, address: str | None = None) -> Executor:
    """The executor of that name, to be entered.

    Args:
        name: one of `EXECUTORS`.
        measurer: what the workers compute.
        workers: number of workers; by default one for each core that this process may use, or each of the cluster.
        address: `HOST:PORT` of a Ray cluster that is there already; by default that in `RAY_ADDRESS`, or else a
            cluster of this machine that lives as long as the executor.

    Raises:
        UnknownName: lists the valid names.
        InputError: fewer than one worker, or an address for another executor than Ray.
    """
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    if workers is not None and workers < 1:
        raise InputError(f"workers must be at least 1, not {workers}")
    if address is not None and name != "ray":
        raise InputError(f"an address goes with the executor 'ray', not with {name!r}")
    if name == "serial":
        from diswot.executors.serial import SerialExecutor

        return SerialExecutor(measurer)
    cores = len(os.sched_getaffinity(0))
    if name == "processes":
        from diswot.executors.processes import ProcessExecutor

        return ProcessExecutor(measurer, workers or cores)
    from diswot.executors.ray import RayExecutor

    address = address or os.environ.get("RAY_ADDRESS")
    return RayExecutor(measurer, workers or (None if address else cores), address)


__all__ = ["EXECUTORS", "Executor", "Measure", "open_executor"]
