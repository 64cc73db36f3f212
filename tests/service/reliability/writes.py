"""A fault at each single write of a short job: the next worker brings it to the same end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL
from sqlalchemy.orm import Session

from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Database, Leases, Store, open_database
from diswot_service.worker import Worker
from tests.service.harness import without_timings
from tests.service.reliability.kills import create, quiet


class Crash(BaseException):
    """The process dies here."""


class Fragile(Database):
    """A database whose transactions are counted, of which one is cut off before it is committed."""

    left = -1
    """Writes until then; never where it is negative."""

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The transaction, or a crash."""
        with super().write() as session:
            yield session
            if threading.current_thread() is threading.main_thread():
                self.left -= 1
                if self.left == 0:
                    raise Crash


def every_write(folder: Path, step: int = 1) -> dict[str, Any]:
    """Crash at each `step`-th write of a job, and let the next worker finish it; what went wrong."""
    at, wrong = 1, 0
    while True:
        data = folder / str(at)
        data.mkdir(parents=True)
        crashed, same = _crash_at(at, data)
        wrong += not same
        if not crashed:
            return {"writes": at - 1, "wrong": wrong}
        at += step


def _crash_at(at: int, data: Path) -> tuple[bool, bool]:
    """Whether there was such a write, and whether the result is that of a quiet run."""
    settings = Settings(data, "serial", keeps_evaluations=False)
    database = open_database(URL.create("sqlite", database=str(data / "jobs.sqlite3")))
    database.__class__ = Fragile
    job_id = create(Store(database), 0)
    crashed = False
    for boot in ("first", "second"):
        database.left = at if boot == "first" else -1  # type: ignore[attr-defined]
        leases = Leases(database, "worker", boot)
        worker = Worker(leases, settings, threading.Event())
        try:
            leases.void_stale_leases()
            while (lease := leases.claim(["search"])) is not None:
                worker.work(lease)
        except Crash:
            crashed = True
    job = Store(database).get(LOCAL, "search", job_id)
    database.close()
    return crashed, job.result is not None and without_timings(job.result) == quiet(0)
