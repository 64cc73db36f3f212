"""The database of the job store: transactions, and whether it can be relied on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, extract, func, select
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from diswot.errors import InputError, UnreadableData
from diswot_service.errors import StorageFailed, StorageLow
from diswot_service.settings import MIN_FREE
from diswot_service.store import schema, sqlite

Clock = Callable[[], float]
LOCK = 0xD15507
"""Of Postgres: held while the tables are brought up to date."""
SERVER: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
"""Of connections to a server: those that it has closed in the meantime are made anew."""


class Database:
    """Transactions of one database.

    Args:
        engine: of SQLAlchemy.
        clock: seconds since 1970; by default those of the database's own machine, which all processes agree on.
        file: of an SQLite database.
    """

    def __init__(self, engine: Engine, clock: Clock | None = None, file: sqlite.SqliteFile | None = None) -> None:
        self.engine = engine
        self.clock = clock or _clock_of(engine)
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

    def _unreachable(self, error: DBAPIError) -> StorageFailed | None:
        """What an error of a server says about it; `None` for an error in a statement."""
        lost = isinstance(error, OperationalError) or error.connection_invalidated
        return StorageFailed(f"the job database cannot be reached: {_said(error)}") if lost else None

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
            fault = self._unreachable(error) if self.file is None else self.file.fault(error.orig)
            if fault is None:
                raise
            raise fault from error


def _said(error: DBAPIError) -> str:
    return " ".join(str(error.orig).split())


def _clock_of(engine: Engine) -> Clock:
    """The clock of the machine that has the database, as far as it is ahead of ours."""
    if engine.dialect.name == "sqlite":
        return time.time
    with engine.connect() as connection:
        ahead = float(connection.execute(select(extract("epoch", func.clock_timestamp()))).scalar_one()) - time.time()
    return lambda: time.time() + ahead


def open_database(url: URL, clock: Clock | None = None, *, upgrade: bool = True, min_free: int = MIN_FREE) -> Database:
    """The database at a URL of SQLAlchemy.

    Args:
        url: of an SQLite file, or of a server whose driver is installed.
        clock: seconds since 1970; by default that of the database's machine.
        upgrade: whether to make its tables or bring them up to date, which one process at a time may do; otherwise they
            must be there.
        min_free: bytes that its disk must have left for a job to be accepted.

    Raises:
        InputError: it cannot be opened, or its tables are of another version.
        UnreadableData: the file is no database or is damaged.
    """
    engine = _engine(url)
    file = _open_file(Path(url.database or ""), min_free, make=upgrade) if engine.dialect.name == "sqlite" else None
    if file is not None:
        file.attach(engine)
    try:
        database = Database(engine, clock, file)
    except DBAPIError as error:
        raise InputError(f"the job database at {url!r} cannot be reached: {_said(error)}") from error
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


def _engine(url: URL) -> Engine:
    write = partial(json.dumps, allow_nan=False, separators=(",", ":"))
    try:
        return create_engine(url, json_serializer=write, **({} if url.drivername == "sqlite" else SERVER))
    except (ImportError, NoSuchModuleError) as error:
        raise InputError(
            f"the job database at {url!r} needs a driver that is not installed; for Postgres it comes with: "
            "pip install 'diswot[postgres]'"
        ) from error


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
        else:  # One process at a time; the others find the tables up to date.
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        schema.upgrade(connection)
