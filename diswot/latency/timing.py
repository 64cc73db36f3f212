"""The process that measures latency: it times one network after the other, and does nothing else."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from diswot.errors import InputError
from diswot.latency.setup import Latency
from diswot.runtime.cores import cores
from diswot.runtime.devices import devices
from diswot.spec.latency import LatencySetup
from diswot_spaces import Architecture, SearchSpace, Shape

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

WARM_UP = 0.05
"""Seconds of runs that are not timed, at least `FEWEST` of them."""
TIMED = 0.2
"""Seconds of runs that are timed, at least `FEWEST` and at most `MOST` of them."""
FEWEST, MOST = 5, 200


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


def serve(pipe: Connection, space: SearchSpace, setup: LatencySetup, num_classes: int, in_shape: Shape) -> None:
    """The measuring process: says `None` when it is ready or what is wrong, then answers architectures."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "sched_setaffinity"):  # Linux; elsewhere the system chooses the core.
        os.sched_setaffinity(0, cores()[-setup.threads :])
    import torch

    torch.set_num_threads(setup.threads)
    if setup.device != "cpu" and _index(setup.device) >= torch.cuda.device_count():
        pipe.send(
            InputError(f"latency device {setup.device!r} is not available; this machine has {', '.join(devices())}")
        )
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
