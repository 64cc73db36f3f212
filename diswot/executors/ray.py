"""Workers on a Ray cluster: one of this machine that lives as long as the executor, or one that is there already.

Ray is imported when an executor is entered. A Ray cluster runs any code that reaches its ports, so token authentication
is always on, and a cluster of this machine listens on the loopback device only.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Any

import torch

from diswot.errors import ExecutorError
from diswot.executors.base import RETRIES, Measure
from diswot.scoring import Measurement
from search_spaces import Architecture

ANSWER_SECONDS = 15.0
"""Time in which a cluster must answer; Ray itself would go on trying for a quarter of an hour."""

START_SECONDS = 60.0
"""Time in which all workers must have started."""

IN_FLIGHT = 2
"""Calls that a worker is sent at once: one to work on, and one to go on with."""

STORE_BYTES = 256 * 2**20
"""Object store of a cluster of this machine; the measurer is the only large object."""

_TOKEN = secrets.token_hex(32)
"""Token of the clusters that this process starts; one for all of them, since Ray reads it once."""


class RayExecutor:
    """Actors of one thread each; the measurer reaches them once, through the object store.

    Where this process is connected to Ray already, that connection is used and left open.

    Args:
        measurer: what the workers compute.
        workers: number of actors, each on a CPU of its own; by default one for each CPU of the cluster.
        address: `HOST:PORT` of a cluster that is there already; by default one is started.
    """

    def __init__(self, measurer: Measure, workers: int | None = None, address: str | None = None) -> None:
        self._measurer = measurer
        self._count = workers
        self._address = address
        self._workers: list[Callable[[Architecture], Any]] = []
        self._open = ExitStack()

    def __enter__(self) -> RayExecutor:
        with ExitStack() as stack:
            stack.enter_context(connection(self._count, self._address))
            self._workers = stack.enter_context(_workers(self._measurer, self._count))
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def map(self, archs: Sequence[Architecture]) -> Iterator[Measurement]:
        """Measurements in the order of `archs`.

        Raises:
            ExecutorError: a worker died again and again over one measurement, or the cluster was lost.
        """
        import ray

        waiting = deque(enumerate(archs))
        idle = deque(self._workers * IN_FLIGHT)
        running: dict[Any, tuple[int, Callable[[Architecture], Any]]] = {}
        finished: dict[int, Measurement] = {}
        for position in range(len(archs)):
            while position not in finished:
                while idle and waiting:
                    (index, arch), worker = waiting.popleft(), idle.popleft()
                    running[worker(arch)] = index, worker
                call = ray.wait(list(running))[0][0]
                index, worker = running.pop(call)
                finished[index] = _result(call)
                idle.append(worker)
            yield finished.pop(position)


class _Actor:
    """A worker. Each call brings the reference of the measurer, so that a restarted actor can fetch it again."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._measurer: Measure | None = None

    def start(self, measurer: list[Any]) -> None:
        """Fetch the measurer, once."""
        import ray

        if self._measurer is None:
            self._measurer = ray.get(measurer[0])

    def measure(self, measurer: list[Any], arch: Architecture) -> Measurement:
        """Measure one architecture."""
        self.start(measurer)
        assert self._measurer is not None, "the measurer was fetched"
        return self._measurer(arch)


@contextmanager
def connection(cpus: int | None = None, address: str | None = None) -> Iterator[None]:
    """Be connected to Ray inside the block; executors entered there share the connection.

    Args:
        cpus: of a cluster that is started for the block; by default those of the machine.
        address: `HOST:PORT` of a cluster that is there already.

    Raises:
        ExecutorError: the cluster does not start or does not answer.
    """
    with ExitStack() as stack:
        with _environment(address):
            import ray

            if not ray.is_initialized():
                stack.callback(_handle_sigterm, signal.getsignal(signal.SIGTERM))
                stack.callback(ray.shutdown, wait_for_processes=True)
                _connect(cpus, address)
        yield


def _connect(cpus: int | None, address: str | None) -> None:
    import ray

    handler = signal.getsignal(signal.SIGTERM)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is None:
            ray.init("local", num_cpus=cpus, object_store_memory=STORE_BYTES, include_dashboard=False, **quiet)
        else:
            _check_answer(address)
            ray.init(address, **quiet)
    except ExecutorError:
        raise
    except Exception as error:  # Ray raises whatever it meets
        raise ExecutorError(f"Ray did not start: {_line(error)}; the executor 'processes' does without it") from error
    if handler is not signal.SIG_DFL:
        _handle_sigterm(handler)


def _check_answer(address: str) -> None:
    """Ask the cluster in a process of its own, which can be given up when it hangs."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        answers = subprocess.run(command, capture_output=True, timeout=ANSWER_SECONDS).returncode == 0  # noqa: S603
    except subprocess.TimeoutExpired:
        answers = False
    if not answers:
        raise ExecutorError(
            f"no Ray cluster lets us in at {address!r}: check that it is the HOST:PORT of a running `ray start --head` "
            "of the same version, and that RAY_AUTH_TOKEN holds its token"
        )


@contextmanager
def _environment(address: str | None) -> Iterator[None]:
    """What Ray reads while it starts; what the user has set stays as it is, and everything is put back at the end."""
    before = dict(os.environ)
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_NUM_REDIS_GET_RETRIES": "1"}
    if address is None:
        if before.get("RAY_AUTH_MODE", "token") != "token":
            raise ExecutorError("Ray starts here only with token authentication: unset RAY_AUTH_MODE")
        settings["RAY_AUTH_TOKEN"] = _TOKEN
    if address is None or address.startswith(("127.", "localhost:")):
        settings["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # as on those two: loopback stays loopback
    if address is not None or "ray" not in sys.modules:  # once imported, Ray turns it on only by itself
        settings["RAY_AUTH_MODE"] = "token"
    os.environ.update(settings | before)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _handle_sigterm(handler: Any) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)


@contextmanager
def _workers(measurer: Measure, count: int | None) -> Iterator[list[Callable[[Architecture], Any]]]:
    """Functions that send an architecture to an actor, and return the reference of its measurement."""
    import ray

    reference = [ray.put(measurer)]
    kind: Any = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)(_Actor)
    actors = [kind.remote() for _ in range(count or _cpus())]
    try:
        _wait([actor.start.remote(reference) for actor in actors])
        yield [partial(actor.measure.remote, reference) for actor in actors]
    finally:
        for actor in actors:
            ray.kill(actor)


def _cpus() -> int:
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))


def _wait(calls: list[Any]) -> None:
    """Wait until all workers have started."""
    import ray

    started = ray.wait(calls, num_returns=len(calls), timeout=START_SECONDS)[0]
    try:
        ray.get(started)
    except ray.exceptions.RayActorError as error:
        raise ExecutorError(
            f"a worker does not start: {_line(error)}; every machine of the cluster needs diswot installed"
        ) from error
    if len(started) < len(calls):
        raise ExecutorError(
            f"only {len(started)} of {len(calls)} workers started within {START_SECONDS:g} seconds: "
            "ask for fewer workers, or wait until the cluster has free CPUs"
        )


def _result(call: Any) -> Measurement:
    import ray

    try:
        measurement: Measurement = ray.get(call)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error  # what the measurer raised
    except ray.exceptions.RayError as error:
        raise ExecutorError(
            f"a worker died {RETRIES + 1} times over one architecture, perhaps for lack of memory, or the cluster is "
            "lost; try fewer workers or a smaller probe"
        ) from error
    return measurement


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
