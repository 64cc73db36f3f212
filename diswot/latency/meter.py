"""The meter of latency: asks a process of its own for one network after the other.

The figures depend on the machine and on what else runs on it, so they differ from run to run.
"""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any

from diswot.errors import ExecutorError, InputError
from diswot.latency.setup import Latency
from diswot.latency.timing import serve
from diswot.runtime import forkserver
from diswot.spec.latency import LatencySetup
from diswot_spaces import Architecture, SearchSpace, Shape

START = 120.0
"""Seconds in which a measuring process must be ready."""
DEADLINE = 60.0
"""Seconds that one architecture may take."""
TRIES = 2
"""Processes that may die or hang over one architecture before it is given up."""


class LatencyMeter:
    """Measures architectures one at a time in a process of its own, and remembers what it has measured.

    The process starts with the first measurement and is replaced when it dies or hangs. Callers see to it that nothing
    else of theirs computes meanwhile.

    Args:
        space: builds the networks.
        setup: under what circumstances.
        num_classes: of the task.
        in_shape: of the task.

    Raises:
        InputError: the machine does not have what the setup asks for.
    """

    def __init__(self, space: SearchSpace, setup: LatencySetup, num_classes: int, in_shape: Shape) -> None:
        setup.check()
        self.known: dict[Architecture, Latency | None] = {}
        self.seconds = 0.0
        """Wall time that measuring has taken."""
        self._task = (space, setup, num_classes, in_shape)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> LatencyMeter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, arch: Architecture) -> Latency | None:
        """The latency of an architecture; `None` if its network cannot be run.

        Raises:
            InputError: the device is not there.
            ExecutorError: the measuring process could not be started.
        """
        if arch not in self.known:
            start = time.perf_counter()
            self.known[arch] = self._measure(arch)
            self.seconds += time.perf_counter() - start
        return self.known[arch]

    def close(self) -> None:
        """End the measuring process; what is known stays known."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._pipe = self._process = None

    def state(self) -> list[list[Any]]:
        """What is known, as JSON values."""
        return [[list(arch.choices), latency and asdict(latency)] for arch, latency in self.known.items()]

    def restore(self, state: list[list[Any]]) -> None:
        """Know what was known when `state` was taken."""
        space = self._task[0]
        self.known = {space.arch(choices): latency and Latency(**latency) for choices, latency in state}

    def _measure(self, arch: Architecture) -> Latency | None:
        for _ in range(TRIES):
            pipe = self._pipe or self._open()
            try:
                pipe.send(arch)
                if pipe.poll(DEADLINE):
                    found = pipe.recv()
                    assert found is None or isinstance(found, Latency)
                    return found
            except (EOFError, OSError):
                pass  # It died; the next one tries again.
            self.close()
        return None

    def _open(self) -> Connection:
        forkserver.begin()
        self._pipe, theirs = forkserver.CONTEXT.Pipe()
        self._process = forkserver.CONTEXT.Process(
            target=serve, args=(theirs, *self._task), name=f"{forkserver.WORKER}-latency", daemon=True
        )
        forkserver.start(self._process, self._task)
        theirs.close()
        try:
            wrong = self._pipe.recv() if self._pipe.poll(START) else f"not ready after {START:.0f} s"
        except (EOFError, OSError):
            wrong = "it died"
        if wrong is not None:
            self.close()
            if isinstance(wrong, InputError):
                raise wrong
            raise ExecutorError(f"the process that measures latency could not be started: {wrong}")
        return self._pipe
