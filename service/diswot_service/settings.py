"""Where the service keeps its data and where it computes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from diswot.spec.compute import ComputeSpec

if TYPE_CHECKING:
    from sqlalchemy import URL

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts to listen on, and names under which requests may come; there is no authentication yet."""
MIN_FREE = 64 * 2**20
DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """One service.

    Attributes:
        data: folder of the database; nothing outside it is written.
        executor: of the worker; one of `diswot.spec.compute.EXECUTORS`.
        workers: of the executor; by default one for each core.
        hosts: names under which requests may come.
        queue: unfinished jobs that are accepted.
        keeps_measurements: whether the worker keeps what it measures, for later searches.
        keep_days: for which a finished job is kept; by default until it is deleted.
        min_free: bytes that the disk must have left for a job to be accepted.
        body_seconds: for the body of a request to come in.
    """

    data: Path
    executor: str = "processes"
    workers: int | None = None
    hosts: tuple[str, ...] = LOOPBACK
    queue: int = 1000
    keeps_measurements: bool = True
    keep_days: float | None = None
    min_free: int = MIN_FREE
    body_seconds: float = 30.0

    @property
    def database(self) -> URL:
        """The job store."""
        from sqlalchemy import URL  # Only here, so that the other commands of `diswot` start without it.

        return URL.create("sqlite", database=str(self.data / "jobs.sqlite3"))

    @property
    def lifetime(self) -> float | None:
        """Seconds for which a finished job is kept; `None` until it is deleted."""
        return None if self.keep_days is None else self.keep_days * DAY

    @property
    def compute(self) -> ComputeSpec:
        """Where the worker computes.

        Raises:
            InputError: there is no such executor, or it cannot have that many workers.
        """
        return ComputeSpec(self.executor, self.workers, cache=self.data / "cache" if self.keeps_measurements else None)
