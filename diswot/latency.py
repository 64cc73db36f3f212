"""Latency as measured on a named device: a network alone in a fresh process, after warm-up, median and spread.

The figures depend on the machine and on what else runs on it, so they differ from run to run.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from diswot.cores import cores
from diswot.errors import ExecutorError, InputError
from diswot.executors import forks
from search_spaces import Architecture, SearchSpace, Shape

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

WARM_UP = 0.05
"""Seconds of runs that are not timed, at least `FEWEST` of them."""
TIMED = 0.2
"""Seconds of runs that are timed, at least `FEWEST` and at most `MOST` of them."""
FEWEST, MOST = 5, 200
START = 120.0
"""Seconds in which a measuring process must be ready."""
DEADLINE = 60.0
"""Seconds that one architecture may take."""
TRIES = 2
"""Processes that may die or hang over one architecture before it is given up."""


@dataclass(frozen=True, slots=True)
class LatencySetup:
    """Under what circumstances latency is measured; float32, inference mode.

    Attributes:
        device: `cpu` of this machine, or `cuda`, `cuda:1`, ... (never tried: there was no GPU to measure on).
        threads: of the computation on the CPU, each on a core of its own.
        batch: images that run at once; the latency is that of the whole batch.

    Raises:
        InputError: with one sentence.
    """

    device: str = "cpu"
    threads: int = 1
    batch: int = 1

    def __post_init__(self) -> None:
        """Check what does not depend on the machine."""
        if not re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", self.device):
            raise InputError(f"latency device must be cpu, cuda or cuda:N, not {self.device!r}")
        for name in ("threads", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"latency {name} must be at least 1, not {getattr(self, name)}")

    def __str__(self) -> str:
        plural = "s" * (self.threads > 1)
        return f"{self.device} ({self.threads} thread{plural}, batch {self.batch})"

    def check(self) -> None:
        """Raise `InputError` if this machine has fewer cores than threads are asked for."""
        available = len(cores())
        if self.threads > available:
            raise InputError(
                f"latency threads must be at most the {available} cores of this machine, not {self.threads}"
            )


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds that a batch takes.

    Attributes:
        median: over the runs.
        spread: interquartile range.
        runs: that were timed.
    """

    median: float
    spread: float
    runs: int


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
        forks.begin()
        self._pipe, theirs = forks.CONTEXT.Pipe()
        self._process = forks.CONTEXT.Process(target=_serve, args=(theirs, *self._task), name="latency", daemon=True)
        self._process.start()
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


def time_network(network: nn.Module, images: Tensor, finish: Callable[[], object]) -> Latency:
    """Time forward passes of a network.

    Args:
        network: in evaluation mode.
        images: `(N, C, H, W)`, where the network lives.
        finish: waits until the device has done what it was given.
    """
    from torch import inference_mode

    def run() -> float:
        start = time.perf_counter()
        network(images)
        finish()
        return time.perf_counter() - start

    with inference_mode():
        _repeat(run, WARM_UP)
        seconds = _repeat(run, TIMED)
    low, _, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return Latency(statistics.median(seconds), high - low, len(seconds))


def _repeat(run: Callable[[], float], seconds: float) -> list[float]:
    took: list[float] = []
    while len(took) < FEWEST or (sum(took) < seconds and len(took) < MOST):
        took.append(run())
    return took


def _serve(pipe: Connection, space: SearchSpace, setup: LatencySetup, num_classes: int, in_shape: Shape) -> None:
    """The measuring process: says `None` when it is ready or what is wrong, then answers architectures."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "sched_setaffinity"):  # Linux; elsewhere the system chooses the core.
        os.sched_setaffinity(0, cores()[-setup.threads :])
    import torch

    torch.set_num_threads(setup.threads)
    if setup.device != "cpu" and _index(setup.device) >= torch.cuda.device_count():
        pipe.send(InputError(f"latency device {setup.device!r} is not there; this machine has {_devices()}"))
        return
    pipe.send(None)
    images = torch.rand(setup.batch, *in_shape, generator=torch.Generator().manual_seed(0)).to(setup.device)
    while True:
        try:
            arch = pipe.recv()
            pipe.send(_latency_of(space, arch, num_classes, images))
        except (EOFError, OSError):  # The other side is gone.
            return


def _latency_of(space: SearchSpace, arch: Architecture, num_classes: int, images: torch.Tensor) -> Latency | None:
    import torch

    from diswot.networks import build_random

    in_shape = (images.shape[1], images.shape[2], images.shape[3])
    finish = torch.cuda.synchronize if images.is_cuda else _nothing
    try:
        network = build_random(lambda: space.build(arch, num_classes, in_shape), 0, images.device)
        return time_network(network, images, finish)
    except (ArithmeticError, RuntimeError, ValueError):
        return None


def _nothing() -> None:
    """The CPU is done when a call returns."""


def _index(device: str) -> int:
    return int(device.partition(":")[2] or 0)


def _devices() -> str:
    import torch

    return ", ".join(["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))])
