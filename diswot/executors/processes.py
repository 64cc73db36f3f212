"""Worker processes on this machine, each at the end of a pipe of its own, so that one can be ended alone."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

import torch

from diswot.errors import InputError, reason_of
from diswot.evaluation import EvalTask
from diswot.executors.base import EvaluatorLike
from diswot.executors.pool import Done, Event, Lost, Ready, evaluate
from diswot.runtime import forkserver
from diswot.runtime.memory import keep_freed_memory

EXIT_SECONDS = 5.0
"""Time in which a process whose pipe has ended must have ended itself."""


@dataclass(frozen=True, slots=True)
class _Hello:
    """A process is up, and has room in its pipe for the evaluator."""


@dataclass(frozen=True, slots=True)
class _Worker:
    process: BaseProcess
    pipe: connection.Connection[Any, Any]


class ProcessPool:
    """Processes of one thread each; entered, and left to end them.

    Args:
        evaluator: sent to each worker once.
        count: number of processes.
    """

    hint = "a script whose own classes are evaluated searches under `if __name__ == '__main__':`, since workers read it"

    def __init__(self, evaluator: EvaluatorLike, count: int) -> None:
        # Pickled here, so that a worker's tensors are its own: a connection would pass torch's through shared memory.
        try:
            self._evaluator = pickle.dumps(evaluator)
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            raise InputError(
                f"worker processes cannot be sent what they shall compute ({reason_of(error)}); "
                "define it at the top of a module that they can import, or use the executor serial"
            ) from error
        self.count = count
        self._workers: dict[int, _Worker] = {}

    def __enter__(self) -> ProcessPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._workers):
            self.end(worker)

    def start(self, worker: int) -> None:
        """Begin to start a process."""
        forkserver.begin()
        ours, its = forkserver.CONTEXT.Pipe()
        process = forkserver.CONTEXT.Process(
            target=_work, args=(its,), name=f"{forkserver.WORKER}-{worker}", daemon=True
        )
        self._workers[worker] = _Worker(process, ours)
        # Closed here, so that the pipe ends with the process, even if there is none.
        with its, suppress(OSError, EOFError):
            forkserver.start(process, self._evaluator)

    def send(self, worker: int, task: EvalTask) -> None:
        """Send a task."""
        with suppress(ConnectionError):  # `wait` tells that it is gone
            self._workers[worker].pipe.send(task)

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        """At most one event of each process."""
        pipes = {worker.pipe: number for number, worker in self._workers.items()}
        numbers: dict[object, int] = dict(pipes.items())
        found = [(numbers[pipe], self._event(numbers[pipe])) for pipe in connection.wait(pipes, seconds)]
        return [(number, event) for number, event in found if event is not None]

    def end(self, worker: int) -> None:
        """Kill a process."""
        gone = self._workers.pop(worker)
        gone.pipe.close()
        if gone.process.pid is not None:
            gone.process.kill()
            gone.process.join()
        gone.process.close()

    def _event(self, number: int) -> Event | None:
        worker = self._workers[number]
        try:
            message = worker.pipe.recv()
            if isinstance(message, _Hello):
                worker.pipe.send_bytes(self._evaluator)
                return None
        except (EOFError, ConnectionError):
            return Lost(_how_it_ended(worker.process))
        assert isinstance(message, Ready | Done), "a worker says nothing else"
        return message


def _how_it_ended(process: BaseProcess) -> str:
    if process.pid is None:
        return "found no room on this machine for one more process"
    process.join(EXIT_SECONDS)
    code = process.exitcode
    if code == forkserver.UNGUARDED:
        return "came to search by itself when it read the script"
    if code == -signal.SIGKILL:
        return "was killed, perhaps for lack of memory: try fewer workers or a smaller probe"
    if code is not None and code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}; stderr has what it said"


def _work(pipe: connection.Connection[Any, Any]) -> None:
    """The main function of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    keep_freed_memory()
    with suppress(EOFError, ConnectionError):  # the parent is gone, and this process about to go
        pipe.send(_Hello())
        evaluator: EvaluatorLike = pickle.loads(pipe.recv_bytes())  # noqa: S301  (from the parent process)
        pipe.send(Ready())
        while True:
            task: EvalTask = pipe.recv()
            pipe.send(evaluate(evaluator, task))


def _leave_with_parent() -> None:
    """End this process when its parent has ended, however that happened."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"
    parent.join()
    os._exit(1)
