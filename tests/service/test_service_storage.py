"""The file of the job store: what is refused when it is gone, damaged, or the disk is full."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import OperationalError

from diswot.errors import InputError, UnreadableData
from diswot_service.errors import StorageFailed, StorageFault, StorageLow
from diswot_service.store import LOCAL, Database, Store, open_database

PROGRESS = {"done": 0, "total": 2, "percent": 0.0}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = open_database(URL.create("sqlite", database=str(path)))
    yield database
    database.close()


def create(database: Database, size: int = 0) -> str:
    return Store(database).create(LOCAL, "search", {"a": "x" * size}, {}, PROGRESS)[0].id


def test_the_database_is_durable(database: Database) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
    with database.engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected} == expected


def empty_log(database: Database) -> None:
    """Bring everything from the write-ahead log into the file."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def remove(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


def truncate(path: Path) -> None:
    os.truncate(path, 0)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"no database " * 400)


def damage_inside(path: Path) -> None:
    """What a full check finds: a page in the middle is no page of a tree any more."""
    with path.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 4096)


DAMAGE = [
    (remove, "the job database is gone: No such file or directory"),
    (replace, "another file has taken the place of the job database; start the service again"),
    (truncate, "the job database is damaged: its header is not that of an SQLite file"),
    (overwrite, "the job database is damaged: its header is not that of an SQLite file"),
    (damage_inside, "the job database is damaged: "),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGE, ids=[damage.__name__ for damage, _ in DAMAGE])
def test_no_job_is_accepted_by_a_database_that_is_gone_or_damaged(
    database: Database, path: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    create(database)
    empty_log(database)
    assert database.file is not None
    database.file.due = 0.0  # The next check is due at once, as it is in a small database.
    damage(path)
    for _ in range(2):
        with pytest.raises(StorageFailed) as caught:
            create(database)
        assert str(caught.value).startswith(sentence)
        assert "\n" not in str(caught.value)


def test_damage_that_is_found_while_reading_is_remembered(database: Database, path: Path) -> None:
    for _ in range(200):
        create(database, 2000)
    empty_log(database)
    database.engine.dispose()
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (len(content) - 4096))
    with pytest.raises(StorageFailed, match="is damaged: database disk image is malformed"):
        Store(database).page(LOCAL, "search", 10)
    with path.open("r+b") as file:
        file.write(content)
    with pytest.raises(StorageFailed, match="is damaged"):
        Store(database).page(LOCAL, "search", 10)


def fill(database: Database) -> None:
    """Let the file have no room left, as a full disk does: SQLite says the same."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")


def test_a_full_disk_is_named_and_leaves_no_half_written_job(database: Database) -> None:
    known = create(database)
    fill(database)
    with pytest.raises(StorageLow, match="the disk of the job database is full"):
        create(database, 100_000)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    later = create(database, 100_000)
    assert [job.id for job in Store(database).page(LOCAL, "search", 9)] == [later, known]


def test_a_disk_that_is_nearly_full_accepts_no_job(path: Path) -> None:
    database = open_database(URL.create("sqlite", database=str(path)), min_free=2**60)
    with pytest.raises(StorageLow, match=r"has [\d,]+ MiB left; at least 1,099,511,627,776 MiB are needed"):
        create(database)
    assert Store(database).page(LOCAL, "search", 9) == [], "reading goes on"
    database.close()


def test_a_large_database_is_not_checked_each_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    file = database.file
    assert file is not None
    checks = []
    monkeypatch.setattr(file, "check_all", lambda: checks.append(1))
    file.due = 0.0
    times = iter([100.0, 103.0, 162.0, 163.5, 164.0])
    for _ in range(3):
        file.check(clock=times.__next__)
    assert len(checks) == 2, "a check of 3 s at second 103 is followed by one after second 163"


def test_an_error_in_a_statement_is_no_fault_of_the_storage(database: Database) -> None:
    with pytest.raises(OperationalError), database.read() as session:
        session.execute(text("SELECT nothing"))


def test_a_database_that_another_process_keeps_locked_is_a_fault(database: Database, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with pytest.raises(StorageFault, match="is locked by another process"):
        create(database)
    other.close()


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"no database " * 100)
    with pytest.raises(UnreadableData, match="the job database is damaged"):
        open_database(URL.create("sqlite", database=str(path)))


def test_a_damaged_database_is_refused_at_the_start(path: Path) -> None:
    url = URL.create("sqlite", database=str(path))
    database = open_database(url)
    create(database)
    database.close()
    damage_inside(path)
    with pytest.raises(UnreadableData, match="the job database is damaged: "):
        open_database(url)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"job database .*file/jobs' cannot be opened: Not a directory"):
        open_database(URL.create("sqlite", database=str(tmp_path / "file" / "jobs")))
