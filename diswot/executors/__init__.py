"""Where architectures are measured: in this process, in worker processes, or on a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from diswot.errors import InputError, UnknownName
from diswot.executors.base import DEADLINE, Executor, Measure
from diswot.runtime import forkserver
from diswot.runtime.cores import core_count

EXECUTORS = ("serial", "processes", "ray")


def check_executor(
    name: str, workers: int | None = None, address: str | None = None, deadline: float = DEADLINE
) -> None:
    """Check what `open_executor` takes.

    Raises:
        UnknownName: lists the valid names.
        InputError: fewer than one worker, an address for another executor than Ray or not written HOST:PORT, or a
            deadline that is not positive.
    """
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    if workers is not None and workers < 1:
        raise InputError(f"workers must be at least 1, not {workers}")
    if not deadline > 0:
        raise InputError(f"the deadline of a measurement must be more than 0 seconds, not {deadline:g}")
    if address is not None and name != "ray":
        raise InputError(f"an address goes with the executor 'ray', not with {name!r}")
    if name == "ray" and (found := _address(address)) is not None:
        from diswot.executors.cluster import check_form

        check_form(found)


def open_executor(
    name: str,
    measurer: Measure,
    workers: int | None = None,
    address: str | None = None,
    deadline: float = DEADLINE,
) -> AbstractContextManager[Executor]:
    """The executor of that name: entered to start its workers, left to end them.

    Args:
        name: one of `EXECUTORS`.
        measurer: what the workers compute.
        workers: number of workers; by default one for each core that this process may use, or each of the cluster.
        address: `HOST:PORT` of a Ray cluster that is there already; by default that in `RAY_ADDRESS`, or else a
            cluster of this machine that lives as long as the executor.
        deadline: seconds that one measurement may always take; its worker is then ended, except in `serial`, where the
            measurement would end the search with it.

    Raises:
        InputError: as `check_executor` says.
    """
    check_executor(name, workers, address, deadline)
    if name == "serial":
        from diswot.executors.serial import open_serial

        return open_serial(measurer)
    if name == "processes":
        return _open_processes(measurer, workers or core_count(), deadline)
    return _open_ray(measurer, workers, _address(address), deadline)


def get_ready(name: str) -> None:
    """Begin to get ready for `open_executor`, and return at once: for those who have imports to do first."""
    if name == "processes":
        forkserver.begin()


def reach(name: str, workers: int | None = None, address: str | None = None) -> AbstractContextManager[None]:
    """Connect to the Ray cluster, or start it with a CPU for each worker; executors opened inside share it.

    For those who open several, and those who have dear work to do first, and nothing to do it for without the cluster.
    Worker processes are got ready meanwhile.

    Raises:
        InputError: as `check_executor` says.
        ExecutorError: on entering; the cluster does not start or does not answer.
    """
    check_executor(name, workers, address)
    if name != "ray":
        get_ready(name)
        return nullcontext()
    from diswot.executors.cluster import connection

    return connection(workers or core_count(), _address(address))


@contextmanager
def _open_processes(measurer: Measure, workers: int, deadline: float) -> Iterator[Executor]:
    from diswot.executors.processes import ProcessPool
    from diswot.executors.scheduler import start

    with ProcessPool(measurer, workers) as pool:
        yield start(pool, measurer, deadline)


@contextmanager
def _open_ray(measurer: Measure, workers: int | None, address: str | None, deadline: float) -> Iterator[Executor]:
    from diswot.executors.cluster import connection
    from diswot.executors.ray import RayPool
    from diswot.executors.scheduler import start

    with connection(workers or core_count(), address), RayPool(measurer, workers) as pool:
        yield start(pool, measurer, deadline)


def _address(address: str | None) -> str | None:
    return address or os.environ.get("RAY_ADDRESS") or None


__all__ = ["DEADLINE", "EXECUTORS", "Executor", "Measure", "check_executor", "get_ready", "open_executor", "reach"]
