"""Under what circumstances latency is measured, and what comes out; data only, free of torch."""

from __future__ import annotations

import re
from dataclasses import dataclass

from diswot.errors import InputError
from diswot.runtime.cores import core_count


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
        available = core_count()
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
