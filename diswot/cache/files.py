"""The file under the store: how it is made, opened by several processes, judged, and moved out of the way."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from diswot.errors import DiswotError, UnreadableData

FORMAT = 1
"""Of the tables; each format has a file of its own."""

APPLICATION = 0x44695357
"""Tells our files from other SQLite files."""

TIMEOUT = 10.0
"""Seconds to wait for another process that writes."""

_TABLES = f"""
CREATE TABLE contexts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, description TEXT NOT NULL, used REAL NOT NULL
);
CREATE TABLE readings (
    context INTEGER NOT NULL, arch TEXT NOT NULL, proxy TEXT NOT NULL, version INTEGER NOT NULL, seed INTEGER NOT NULL,
    value BLOB NOT NULL, checksum BLOB NOT NULL, PRIMARY KEY (context, arch, proxy, version, seed)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
"""

_CIRCUMSTANCES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
"""What SQLite reports of the world around a file. The statements being fixed, anything else is damage."""


def store_file(folder: Path) -> Path:
    """The file of the store in a folder."""
    return folder / f"measurements-{FORMAT}.sqlite3"


def damaged_file(path: Path) -> Path:
    """Where a damaged store is kept until the next one."""
    return path.with_suffix(".damaged")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise what goes wrong with a store inside the block as an error of ours.

    Raises:
        UnreadableData: the file is damaged.
        DiswotError: it cannot be used as things are.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in _CIRCUMSTANCES:
            raise DiswotError(f"the cache {str(path)!r} cannot be used: {error}") from error
        raise UnreadableData(f"the cache {str(path)!r} is damaged: {error}") from error
    except UnicodeDecodeError as error:  # SQLite quotes what it cannot parse, and Python cannot read that.
        raise UnreadableData(f"the cache {str(path)!r} is damaged: {error.reason}") from error
    except OSError as error:
        raise DiswotError(f"the cache {str(path)!r} cannot be used: {error.strerror}") from error


class Opening:
    """A connection to a store's file, and a lock that keeps others from moving the file away meanwhile.

    Args:
        path: of the file, which is made where it is missing.

    Raises:
        UnreadableData: it is damaged, or something else.
        DiswotError: it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _open_lock(path)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_SH)
                if not path.exists():
                    _make(path)
                self.connection = _connect(path)
            except BaseException:
                os.close(self._lock)
                raise

    def close(self) -> None:
        """Let go of both."""
        self.connection.close()
        os.close(self._lock)


def set_aside(path: Path) -> None:
    """Move a damaged store out of the way, over the one before.

    Raises:
        DiswotError: other processes have it open, or it cannot be moved.
    """
    with explained(path):
        lock = _open_lock(path)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for suffix in ("-wal", "-shm"):  # Before the file itself: SQLite would replay them into the next one.
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.replace(damaged_file(path))
        except BlockingIOError as error:
            raise DiswotError(f"the cache {str(path)!r} is damaged, and another process has it open") from error
        finally:
            os.close(lock)


def _open_lock(path: Path) -> int:
    return os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _make(path: Path) -> None:
    """Put an empty store in place, whole; one that another process puts there first is as good."""
    draft = path.with_name(f"{path.stem}-{uuid.uuid4().hex}.new")
    try:
        with closing(sqlite3.connect(draft)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=TIMEOUT, isolation_level=None)
    try:
        # A damaged name must not stop the rows about it from being read.
        connection.text_factory = lambda text: text.decode(errors="surrogateescape")
        # A store that was in use when its machine lost power lacks the last rows and is sound.
        connection.execute("PRAGMA synchronous = NORMAL")
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        if found != [APPLICATION, FORMAT]:
            raise UnreadableData(f"{str(path)!r} is not a cache of measurements")
    except BaseException:
        connection.close()
        raise
    return connection
