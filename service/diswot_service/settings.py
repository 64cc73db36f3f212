"""Where the service keeps its data and where it computes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from diswot.errors import InputError
from diswot.spec.compute import ComputeSpec

if TYPE_CHECKING:
    from sqlalchemy import URL

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts that nobody else can reach: listened on without a key."""
DATABASE_URL = "DISWOT_DATABASE_URL"
"""Environment variable with the URL of the database."""
MIN_FREE = 64 * 2**20
DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """One service.

    Attributes:
        data: folder of the database and of the cache; nothing outside it is written.
        executor: of the worker; one of `diswot.spec.compute.EXECUTORS`.
        workers: of the executor; by default one for each core.
        hosts: names under which requests may come.
        queue: unfinished jobs that are accepted.
        quota: unfinished jobs that one principal may have; by default as many as are accepted.
        database_url: of a Postgres server; by default the jobs are in a file of the data folder.
        root_path: prefix of all paths behind a proxy that takes it away.
        keeps_evaluations: whether the worker keeps what it measures, for later searches.
        keep_days: for which a finished job is kept; by default until it is deleted.
        min_free: bytes that the disk must have left for a job to be accepted.
        body_seconds: for the body of a request to come in.
    """

    data: Path
    executor: str = "processes"
    workers: int | None = None
    hosts: tuple[str, ...] = LOOPBACK
    queue: int = 1000
    keeps_evaluations: bool = True
    keep_days: float | None = None
    min_free: int = MIN_FREE
    body_seconds: float = 30.0
    quota: int | None = None
    database_url: str | None = field(default=None, repr=False)
    root_path: str = ""

    @property
    def database(self) -> URL:
        """The job store.

        Raises:
            InputError: what was given is no URL of a database.
        """
        from sqlalchemy import URL, make_url  # Only here, so that the other commands of `diswot` start without it.
        from sqlalchemy.exc import ArgumentError

        if self.database_url is not None:
            try:
                return make_url(self.database_url)
            except ArgumentError as error:
                raise InputError("the database must be a URL, such as postgresql+psycopg://user@host/name") from error
        return URL.create("sqlite", database=str(self.data / "jobs.sqlite3"))

    @property
    def datasets(self) -> Path:
        """Folder whose folders are the data sets that distillations may name; the operator puts them there."""
        return self.data / "datasets"

    @property
    def distillations(self) -> Path:
        """Folder of what distillations leave, one folder for each."""
        return self.data / "distillations"

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
        return ComputeSpec(self.executor, self.workers, cache=self.data / "cache" if self.keeps_evaluations else None)
