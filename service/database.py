"""The SQLite database of the job store."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from diswot.errors import InputError, UnreadableData
from service.tables import SCHEMA, Base

_PRAGMAS = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def open_database(path: Path) -> Engine:
    """The database in that file, made if there is none.

    Transactions of a connection with the execution option `write` take the write lock when they begin, so that what
    they read is still so when they write.

    Raises:
        InputError: the folder cannot be written, or the tables are of another version.
        UnreadableData: the file is no database or is damaged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(f"data folder {str(path.parent)!r} cannot be made: {error.strerror}") from error
    serializer = partial(json.dumps, allow_nan=False, separators=(",", ":"))
    engine = create_engine(f"sqlite:///{path}", json_serializer=serializer)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        with engine.execution_options(write=True).begin() as connection:
            _make_tables(connection, path)
    except OperationalError as error:
        engine.dispose()
        raise InputError(f"database {str(path)!r} cannot be opened: {error.orig}") from error
    except DatabaseError as error:
        engine.dispose()
        raise UnreadableData(f"{str(path)!r} is not a sound job database: {error.orig}") from error
    return engine


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # The driver begins no transactions of its own accord; `_begin` does.
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _make_tables(connection: Connection, path: Path) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version not in (0, SCHEMA):
        raise InputError(f"database {str(path)!r} has tables of version {version}; this service reads version {SCHEMA}")
    Base.metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")
