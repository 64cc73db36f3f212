"""Where the service keeps its data and where it computes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts to listen on, and names under which requests may come; there is no authentication yet."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One service.

    Attributes:
        data: folder of the database; nothing outside it is written.
        executor: one of `diswot.executors.EXECUTORS`; where the worker computes.
        workers: of the executor; by default one for each core.
        hosts: names under which requests may come.
        queue: unfinished jobs that are accepted.
        keeps_measurements: whether the worker keeps what it measures, for later searches.
    """

    data: Path
    executor: str = "processes"
    workers: int | None = None
    hosts: tuple[str, ...] = LOOPBACK
    queue: int = 1000
    keeps_measurements: bool = True

    @property
    def database(self) -> Path:
        """File of the job store."""
        return self.data / "jobs.sqlite3"

    @property
    def cache(self) -> Path | None:
        """Folder of the measurements that were made before, where they are kept."""
        return self.data / "cache" if self.keeps_measurements else None
