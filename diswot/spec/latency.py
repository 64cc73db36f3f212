"""Under what circumstances latency is measured; data only, free of torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from diswot.errors import InputError
from diswot.runtime.cores import core_count
from diswot.spec.option import Option, complete


@dataclass(frozen=True, slots=True)
class LatencySetup:
    """Under what circumstances latency is measured; float32, inference mode.

    On the CPU each thread has a core of its own; on GPUs nothing was ever measured. The latency is that of a batch.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    device: Annotated[
        str, Option("Device on which latency is measured: cpu, cuda or cuda:N.", flag="latency-device")
    ] = "cpu"
    threads: Annotated[
        int, Option("Number of CPU threads with which latency is measured.", 1, 1_024, flag="latency-threads")
    ] = 1
    batch: Annotated[
        int, Option("Number of images in the batch whose latency is measured.", 1, 4_096, flag="latency-batch")
    ] = 1

    def __post_init__(self) -> None:
        """Check what does not depend on the machine."""
        complete(self)
        if not re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", self.device):
            raise InputError(f"latency_device must be cpu, cuda or cuda:N, not {self.device!r}")

    def __str__(self) -> str:
        plural = "s" * (self.threads > 1)
        return f"{self.device} ({self.threads} thread{plural}, batch {self.batch})"

    def check(self) -> None:
        """Raise `InputError` if this machine has fewer cores than threads are asked for."""
        available = core_count()
        if self.threads > available:
            raise InputError(
                f"latency_threads must be at most the {available} cores of this machine, not {self.threads}"
            )
