"""What several processes on one Postgres must agree on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import URL, text

from diswot.errors import InputError
from diswot_service.errors import StorageFailed
from diswot_service.jobs import KINDS
from diswot_service.store import LOCAL, Key, Leases, Store, open_database
from tests.service.conftest import MakeUrl, emptied

PROGRESS = {"done": 0, "total": 1}


def test_one_key_starts_one_job_however_many_ask_at_once(url_in: MakeUrl, tmp_path: Path) -> None:
    url = url_in(tmp_path)
    databases = [open_database(url) for _ in range(4)]
    together = threading.Barrier(len(databases))

    def create(number: int) -> set[tuple[str, bool]]:
        made = set()
        for key in map(str, range(10)):
            together.wait()
            job, replayed = Store(databases[number]).create(LOCAL, "search", {}, {}, PROGRESS, Key("POST", key, "f"))
            made.add((job.id, replayed))
        return made

    with ThreadPoolExecutor(len(databases)) as pool:
        found = set().union(*pool.map(create, range(len(databases))))
    assert len({job_id for job_id, _ in found}) == 10
    assert len([job_id for job_id, replayed in found if not replayed]) == 10
    assert len(Store(databases[0]).page(LOCAL, "search", 100)) == 10
    for database in databases:
        database.close()


def test_two_workers_claim_different_jobs_at_once(url_in: MakeUrl, tmp_path: Path) -> None:
    url = url_in(tmp_path)
    databases = [open_database(url) for _ in range(2)]
    store = Store(databases[0])
    made = [store.create(LOCAL, "search", {}, {}, PROGRESS)[0].id for _ in range(20)]
    together = threading.Barrier(2)

    def claim(number: int) -> list[str]:
        leases = Leases(databases[number], f"worker-{number}", "x")
        together.wait()
        leased = [leases.claim(KINDS) for _ in range(10)]
        return [lease.job.id for lease in leased if lease is not None]

    with ThreadPoolExecutor(2) as pool:
        found = [job_id for claimed in pool.map(claim, range(2)) for job_id in claimed]
    assert sorted(found) == sorted(made)
    for database in databases:
        database.close()


def test_a_server_that_does_not_answer_is_said(postgres: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"^the job database at postgresql\+psycopg://.* cannot be reached: "):
        open_database(postgres.set(port=1))
    with pytest.raises(
        InputError, match="needs a driver that is not installed; for Postgres it comes with: pip install"
    ):
        open_database(postgres.set(drivername="postgresql+nothing"))
    database = open_database(emptied(postgres))

    def gone() -> NoReturn:
        raise psycopg.OperationalError("gone")

    database.engine.dispose()
    monkeypatch.setattr(database.engine.pool, "_creator", gone)
    with pytest.raises(StorageFailed, match="the job database cannot be reached: gone"):
        Store(database).page(LOCAL, "search", 1)


def test_clocks_are_those_of_the_server(postgres: URL) -> None:
    database = open_database(postgres)
    ours = Store(database).database.clock()
    with database.read() as session:
        theirs = float(session.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
    assert abs(theirs - ours) < 1
    database.close()
