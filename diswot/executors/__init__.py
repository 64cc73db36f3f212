"""Where architectures are evaluated: in this process, in worker processes, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from diswot.executors.base import EvaluatorLike, Executor
from diswot.runtime import forkserver
from diswot.spec.compute import ComputeSpec


def open_executor(evaluator: EvaluatorLike, compute: ComputeSpec) -> AbstractContextManager[Executor]:
    """The executor that is asked for: entered to start its workers, left to end them.

    Args:
        evaluator: what the workers compute.
        compute: which executor, with how many workers; the deadline does not hold for `serial`, where the evaluation
            would end the search with it.

    Raises:
        ExecutorError: on entering; workers or a cluster do not start.
    """
    if compute.executor == "serial":
        from diswot.executors.serial import open_serial

        return open_serial(evaluator)
    return (_open_processes if compute.executor == "processes" else _open_ray)(evaluator, compute)


def warm_up(executor: str) -> None:
    """Begin to get ready for `open_executor`, and return at once: for those who have imports to do first."""
    if executor == "processes":
        forkserver.begin()


def connect(compute: ComputeSpec) -> AbstractContextManager[None]:
    """Connect to the Ray cluster, or start it with a CPU for each worker; executors opened inside share it.

    For those who open several, and those who have dear work to do first, and nothing to do it for without the cluster.
    Worker processes are got ready meanwhile.

    Raises:
        ExecutorError: on entering; the cluster does not start or does not answer.
    """
    if compute.executor != "ray":
        warm_up(compute.executor)
        return nullcontext()
    from diswot.executors.cluster import connection

    return connection(compute.count, compute.cluster)


@contextmanager
def _open_processes(evaluator: EvaluatorLike, compute: ComputeSpec) -> Iterator[Executor]:
    from diswot.executors.processes import ProcessPool
    from diswot.executors.scheduler import start

    with ProcessPool(evaluator, compute.count) as pool:
        yield start(pool, evaluator, compute.deadline)


@contextmanager
def _open_ray(evaluator: EvaluatorLike, compute: ComputeSpec) -> Iterator[Executor]:
    from diswot.executors.ray import RayPool
    from diswot.executors.scheduler import start

    with connect(compute), RayPool(evaluator, compute.workers) as pool:
        yield start(pool, evaluator, compute.deadline)


__all__ = ["EvaluatorLike", "Executor", "connect", "open_executor", "warm_up"]
