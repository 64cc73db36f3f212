"""Each entrant in a process of its own, which waits while another is timed: its memory is its own, too."""

from __future__ import annotations

import pickle
import resource
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

import torch

from diswot.errors import DiswotError, ExecutorError
from diswot.evaluation import EvalTask, Evaluation, tasks_of
from diswot.executors import Executor
from diswot_spaces import Architecture

P = ParamSpec("P")
T = TypeVar("T")

Case = Callable[[EvalTask], Any]
"""What is timed: a `Evaluator`, or a published proxy."""

_held: Case | None = None
"""The case of this process."""


class TimedProcess:
    """A fresh process that holds a case and calls functions on it when asked.

    Args:
        case: sent to the process once, pickled here, so that its tensors are its own and not shared memory.
        threads: that torch computes on there.
    """

    def __init__(self, case: Case | None, threads: int) -> None:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _hold, (pickle.dumps(case), threads))

    def __enter__(self) -> TimedProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def ask(self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function(case, *args)` gives in the process.

        Raises:
            DiswotError: it raised something there.
            ExecutorError: the process died, perhaps for lack of memory.
        """
        try:
            answer: T = self._pool.submit(_ask, function, args, kwargs).result()
        except BrokenProcessPool as error:
            raise ExecutorError("a process of the throughput benchmark died, perhaps for lack of memory") from error
        except DiswotError:
            raise
        except Exception as error:
            raise DiswotError(f"{type(error).__name__}: {error}") from error
        return answer


def _hold(case: bytes, threads: int) -> None:
    global _held
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    _held = pickle.loads(case)  # noqa: S301  (from the parent process)


def _ask(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(_held, *args, **kwargs)


def run(case: Case, arch: Architecture) -> None:
    """Score an architecture.

    Raises:
        DiswotError: the network failed.
    """
    found = case(EvalTask(arch))
    if isinstance(found, Evaluation) and found.error is not None:
        raise DiswotError(f"{found.arch} could not be scored: {found.error}")


def seconds_of(case: Any, arch: Architecture) -> float:
    """Wall time of scoring an architecture, until the device has finished."""
    return seconds(lambda: run(case, arch), case.probe.images.device)


def map_seconds(executor: Executor, archs: Sequence[Architecture]) -> float:
    """Wall time until an executor has scored all of them.

    Raises:
        DiswotError: a network failed.
    """
    start = time.perf_counter()
    for evaluation in executor.map(tasks_of(archs)):
        if evaluation.error is not None:
            raise DiswotError(f"{evaluation.arch} could not be scored: {evaluation.error}")
    return time.perf_counter() - start


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Wall time of some work, until the device has finished."""
    synchronise(device)
    start = time.perf_counter()
    work()
    synchronise(device)
    return time.perf_counter() - start


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matrix_rate(_: object, dtype: torch.dtype, device: str, size: int = 3072, repeats: int = 3) -> float:
    """Floating-point operations a second of the best of a few products of square matrices."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(size, size, generator=generator).to(device, dtype) for _ in range(2))
    return 2 * size**3 / min(seconds(lambda: a @ b, a.device) for _ in range(repeats))


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
