"""Where a search computes; data only, free of torch."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from diswot.errors import InputError
from diswot.runtime.cores import core_count
from diswot.runtime.devices import devices, is_available
from diswot.spec.option import Option, complete
from diswot.storage.folders import cache_folder

EXECUTORS = ("serial", "processes", "ray")

DEADLINE = 120.0
"""Seconds that one evaluation may take before its worker counts as hung."""

WEEK = 7 * 24 * 3_600
"""Seconds."""

ADDRESS = "RAY_ADDRESS"
"""Variable in which Ray looks for the address of a cluster."""


@dataclass(frozen=True, slots=True)
class ComputeSpec:
    """Where a search computes; it does not change what comes out.

    The cache is a folder, or `None` to make every evaluation anew and keep nothing.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    executor: Annotated[str, Option("Executor that runs the evaluations.", choices=EXECUTORS)] = "processes"
    workers: Annotated[int | None, Option("Number of workers.", 1, 4_096, default="one for each core")] = None
    device: Annotated[str, Option("Device that networks run on: cpu, cuda or cuda:N.")] = "cpu"
    cache: Annotated[
        Path | None, Option("Whether earlier evaluations are looked up, and new ones are kept.", switch=True)
    ] = field(default_factory=cache_folder)
    address: Annotated[
        str | None,
        Option("Ray cluster, HOST:PORT.", flag="ray-address", default="RAY_ADDRESS, or a cluster that is started"),
    ] = None
    deadline: Annotated[
        float,
        Option("Seconds after which an evaluation counts as hung, and its worker is ended.", above=0, maximum=WEEK),
    ] = DEADLINE

    @property
    def count(self) -> int:
        """Number of workers, where a cluster does not say otherwise."""
        return 1 if self.executor == "serial" else self.workers or core_count()

    @property
    def cluster(self) -> str | None:
        """Address of the Ray cluster that is there already; none where one is started, or Ray is not used."""
        return (self.address or os.environ.get(ADDRESS) or None) if self.executor == "ray" else None

    def __post_init__(self) -> None:
        """Raise `UnknownName` or `InputError` before any work."""
        complete(self)
        if self.address is not None and self.executor != "ray":
            raise InputError(f"an address goes with the executor 'ray', not with {self.executor!r}")
        if self.cluster is not None:
            _check_address(self.cluster, "the address of a Ray cluster" if self.address else ADDRESS)
        if self.device != "cpu" and not is_available(self.device):  # For the CPU torch need not be imported.
            raise InputError(f"device {self.device!r} is not available; this machine has {', '.join(devices())}")


def _check_address(address: str, where: str) -> None:
    match = re.fullmatch(r"(?:[^\s/:]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})", address)
    if match is None or not 0 < int(match[1]) < 65536:
        rest = "; unset it to start a cluster on this machine" if where == ADDRESS else ""
        raise InputError(f"{where} must be written HOST:PORT, such as 10.0.0.1:6379, not {address!r}{rest}")
