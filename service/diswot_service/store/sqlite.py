"""SQLite as the database of the job store: all SQL and all faults that only SQLite has.

A file can be deleted, replaced or damaged while it is in use, and what SQLite has cached would hide that. So the file
is looked at before each transaction, and checked as a whole before a job is accepted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from diswot.errors import InputError
from diswot_service.errors import StorageFailed, StorageFault, StorageLow

_PRAGMAS = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_HEADER = b"SQLite format 3\0"
GENERATION = 2
"""`user_version` of a database with migrations: services from before these refuse any but 1."""
SHARE = 0.05
"""Of the time that checking the whole file may take: a large one is not checked before each job."""
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_FAULTS = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another connection",
    sqlite3.SQLITE_READONLY: "cannot be written",
    sqlite3.SQLITE_IOERR: "cannot be read or written",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
}


class SqliteFile:
    """The file behind an engine.

    Args:
        path: of the file.
        min_free: bytes that its disk must have left for a job to be accepted.
        make: whether to make the file if there is none.

    Raises:
        OSError: the file cannot be read.
    """

    def __init__(self, path: Path, min_free: int, *, make: bool) -> None:
        self.path = path
        self.min_free = min_free
        self._broken: str | None = None
        self._blank = make
        self.due = 0.0
        """When the next check of the whole file is due."""
        self._checking = threading.Lock()
        # Open for as long as SQLite has the file open: closing any descriptor of it would drop SQLite's own locks.
        self._descriptor = os.open(path, os.O_RDONLY | (os.O_CREAT if make else 0), 0o600)

    def attach(self, engine: Engine) -> None:
        """Configure the connections of an engine, and look at the file before each of its transactions."""
        event.listen(engine, "connect", self._configure)
        event.listen(engine, "begin", self._begin)

    def close(self) -> None:
        """Let go of the file, after the engine has."""
        os.close(self._descriptor)

    def check(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Look for damage anywhere in the file, unless that was done not long ago, and for room on the disk.

        Raises:
            StorageLow: the disk is nearly full.
            StorageFailed: the file is gone or damaged.
        """
        with self._checking:
            self._look()
            start = clock()
            if start >= self.due:
                self.check_all()
                end = clock()
                self.due = end + (end - start) / SHARE
        free = shutil.disk_usage(self.path.parent).free
        if free < self.min_free:
            raise StorageLow(
                f"the disk of the job database has {free / 2**20:,.0f} MiB left; at least "
                f"{self.min_free / 2**20:,.0f} MiB are needed"
            )

    def check_all(self) -> None:
        """Raise `StorageFault` if the file is damaged anywhere."""
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as connection:
                found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            raise self.fault(error) or error from error
        if found != "ok":
            raise self._damaged(found)

    def fault(self, error: BaseException | None) -> StorageFault | None:
        """What an error of SQLite says about the database; `None` for an error in a statement."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return StorageLow("the disk of the job database is full")
        if code in _DAMAGE:
            return self._damaged(str(error))
        if code in _FAULTS:
            return StorageFailed(f"the job database {_FAULTS[code]}: {error}")
        return None

    @staticmethod
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # The driver begins no transactions of its own accord; `_begin` does.
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    def _begin(self, connection: Connection) -> None:
        self._look()
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    def _look(self) -> None:
        """Raise `StorageFailed` if the file is not the one that was opened, or no database any more."""
        if self._broken is not None:
            raise StorageFailed(self._broken)
        try:
            found = self.path.stat()
        except OSError as error:
            raise StorageFailed(f"the job database is gone: {error.strerror}") from error
        mine = os.fstat(self._descriptor)
        if (found.st_dev, found.st_ino) != (mine.st_dev, mine.st_ino):
            raise StorageFailed("another file has taken the place of the job database; start the service again")
        self._blank = self._blank and mine.st_size == 0  # As a new file is until its first transaction.
        if not self._blank and os.pread(self._descriptor, len(_HEADER), 0) != _HEADER:
            raise StorageFailed("the job database is damaged: its header is not that of an SQLite file")

    def _damaged(self, finding: str) -> StorageFailed:
        """What is damaged stays so until the service is started again, whatever later looks see."""
        self._broken = f"the job database is damaged: {' '.join(finding.split())}"
        return StorageFailed(self._broken)


def mark(connection: Connection) -> None:
    """Mark a database as one that has migrations.

    Raises:
        InputError: another program, or a later service, has marked it otherwise.
    """
    found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > GENERATION:
        raise InputError(
            f"the job database was made by a later service or another program: its user_version is {found}"
        )
    connection.exec_driver_sql(f"PRAGMA user_version={GENERATION}")
