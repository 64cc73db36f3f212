"""The database of the job store: transactions, and whether it can be relied on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from diswot.errors import InputError, UnreadableData
from diswot_service.errors import StorageFailed, StorageLow
from diswot_service.settings import MIN_FREE
from diswot_service.store import schema, sqlite

Clock = Callable[[], float]


class Database:
    """Transactions of one database.

    Args:
        engine: of SQLAlchemy.
        clock: seconds since 1970.
        file: of an SQLite database.
    """

    def __init__(self, engine: Engine, clock: Clock = time.time, file: sqlite.SqliteFile | None = None) -> None:
        self.engine = engine
        self.clock = clock
        self.file = file
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; its rows stay usable afterwards.

        Raises:
            StorageFault: the database cannot be relied on.
        """
        with self._faults(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write; what it has read is still so when it does. Its rows stay usable afterwards.

        Writers of one process queue up here, which is fairer than SQLite's busy loop.

        Raises:
            StorageFault: the database cannot be relied on; nothing is written.
        """
        engine = self.engine.execution_options(write=True)
        with self._faults(), self._writing, Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def check(self) -> None:
        """Raise `StorageFault` if no job should be accepted."""
        if self.file is not None:
            self.file.check()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if self.file is not None:
            self.file.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            fault = None if self.file is None else self.file.fault(error.orig)
            if fault is None:
                raise
            raise fault from error


def open_database(url: URL, clock: Clock = time.time, *, upgrade: bool = True, min_free: int = MIN_FREE) -> Database:
    """The database at a URL of SQLAlchemy.

    Args:
        url: of an SQLite file, or of a server whose driver is installed.
        clock: seconds since 1970.
        upgrade: whether to make its tables or bring them up to date, which one process at a time may do; otherwise they
            must be there.
        min_free: bytes that its disk must have left for a job to be accepted.

    Raises:
        InputError: it cannot be opened, or its tables are of another version.
        UnreadableData: the file is no database or is damaged.
    """
    engine = create_engine(url, json_serializer=partial(json.dumps, allow_nan=False, separators=(",", ":")))
    file = _open_file(Path(url.database or ""), min_free, make=upgrade) if engine.dialect.name == "sqlite" else None
    if file is not None:
        file.attach(engine)
    database = Database(engine, clock, file)
    try:
        _prepare(database, upgrade)
    except StorageFailed as error:
        database.close()
        raise UnreadableData(str(error)) from error
    except StorageLow as error:
        database.close()
        raise InputError(str(error)) from error
    except BaseException:
        database.close()
        raise
    return database


def _open_file(path: Path, min_free: int, *, make: bool) -> sqlite.SqliteFile:
    try:
        return sqlite.SqliteFile(path, min_free, make=make)
    except OSError as error:
        raise InputError(f"job database {str(path)!r} cannot be opened: {error.strerror}") from error


def _prepare(database: Database, upgrade: bool) -> None:
    if not upgrade:
        with database.read() as session:
            schema.check(session.connection())
        return
    if database.file is not None:
        database.file.check_all()
    with database.write() as session:
        connection = session.connection()
        if database.file is not None:
            sqlite.mark(connection)
        schema.upgrade(connection)
