"""Where a search computes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from diswot.errors import InputError
from diswot.executors import DEADLINE, check_executor
from diswot.runtime.devices import devices, is_available
from diswot.storage.folders import cache_folder


@dataclass(frozen=True, slots=True)
class Compute:
    """Where a search computes; it does not change what comes out.

    Attributes:
        executor: one of `diswot.executors.EXECUTORS`.
        workers: number of workers; by default one for each core.
        device: where networks run, as torch names it.
        cache: folder of the measurements that were made before; `None` to measure all anew and keep nothing.
        address: `HOST:PORT` of a Ray cluster that is there already; by default that in `RAY_ADDRESS`, or one of this
            machine.
        deadline: seconds that one measurement may always take before its worker counts as hung.
    """

    executor: str = "processes"
    workers: int | None = None
    device: str = "cpu"
    cache: Path | None = field(default_factory=cache_folder)
    address: str | None = None
    deadline: float = DEADLINE

    def __post_init__(self) -> None:
        """Raise `UnknownName` or `InputError` before any work."""
        check_executor(self.executor, self.workers, self.address, self.deadline)
        if not is_available(self.device):
            raise InputError(f"device {self.device!r} is not there; this machine has {', '.join(devices())}")
