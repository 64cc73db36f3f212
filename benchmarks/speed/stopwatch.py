"""Each contestant in a process of its own, which waits while another is timed: its memory is its own, too."""

from __future__ import annotations

import multiprocessing
import pickle
import resource
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

import torch

from diswot.errors import DiswotError, ExecutorError
from diswot.evaluation import EvalTask, Measurement
from diswot.runtime.memory import keep_freed_memory
from search_spaces import Architecture

P = ParamSpec("P")
T = TypeVar("T")

Case = Callable[[EvalTask], Any]
"""What is timed: a `Measurer`, or a published proxy."""


class Station:
    """A fresh process that holds a case and calls functions on it when asked.

    Args:
        case: sent to the process once.
        threads: that torch computes on there.
    """

    def __init__(self, case: Case | None, threads: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        # Pickled here, so that the process's tensors are its own and not shared memory.
        self._process = spawn.Process(target=_serve, args=(theirs, pickle.dumps(case), threads), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Station:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if error is not None:
            self._process.terminate()
        self._process.join()

    def ask(self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function(case, *args)` gives in the process.

        Raises:
            DiswotError: it raised something there.
            ExecutorError: the process died, perhaps for lack of memory.
        """
        try:
            self._connection.send((function, args, kwargs))
            done, value = self._connection.recv()
        except (EOFError, ConnectionError) as error:
            raise ExecutorError("a process of the throughput benchmark died, perhaps for lack of memory") from error
        if not done:
            raise DiswotError(value)
        result: T = value
        return result


def _serve(connection: Connection, case: bytes, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    keep_freed_memory()
    held = pickle.loads(case)  # noqa: S301  (from the parent process)
    while True:
        try:
            function, args, kwargs = connection.recv()
        except EOFError:  # The parent has closed its end, or is gone.
            return
        try:
            answer = True, function(held, *args, **kwargs)
        except Exception as error:  # whatever it is, the parent says it
            answer = False, f"{type(error).__name__}: {error}"
        connection.send(answer)


def run(case: Case, arch: Architecture) -> None:
    """Score an architecture.

    Raises:
        DiswotError: the network failed.
    """
    found = case(EvalTask(arch))
    if isinstance(found, Measurement) and found.error is not None:
        raise DiswotError(f"{found.arch} could not be scored: {found.error}")


def seconds_of(case: Any, arch: Architecture) -> float:
    """Wall time of scoring an architecture, until the device has finished."""
    device = case.probe.images.device
    synchronise(device)
    start = time.perf_counter()
    run(case, arch)
    synchronise(device)
    return time.perf_counter() - start


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_rss(_: Case | None = None, process: int | str = "self") -> float | None:
    """Peak resident memory of a process in MiB; `None` if the system does not tell it.

    The kernel's own mark of the process image is read where there is one: `getrusage` also remembers the parent's size.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 if process == "self" else None
    marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(marks[0]) / 1024 if marks else None
