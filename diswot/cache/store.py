"""The store: values of proxies on file, read and written by several processes at once, and never in the way.

A row is one value: of an architecture, a proxy with its version, and the index of an initialization. Everything else
that the value depends on is its context. Each row carries a checksum over all of this, so that a damaged row is not
believed whatever the structure of the file says. A damaged file is set aside and a new one is begun; with one that
cannot be used, the work goes on without. One warning in the log says so.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from diswot.cache.key import Context
from diswot.cache.key import versions as current_versions
from diswot.storage.lock import hold

FORMAT = 2
"""Of the tables; each format has a file of its own."""

MOST_BYTES = 256 * 2**20
"""Size above which a store that is opened loses contexts, of other versions first, then the longest unused: a million
values and more."""

TIMEOUT = 10.0
"""Seconds to wait for another process."""

Values: TypeAlias = dict[tuple[str, int, int], float]
"""Of one architecture: by proxy, version of the proxy, and initialization."""

Found = TypeVar("Found")

_LOG = logging.getLogger(__name__)
_TABLES = f"""
PRAGMA auto_vacuum = FULL;
PRAGMA journal_mode = WAL;
CREATE TABLE contexts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, description TEXT NOT NULL,
    versions TEXT NOT NULL, used REAL NOT NULL
);
CREATE TABLE readings (
    context INTEGER NOT NULL REFERENCES contexts (id) ON DELETE CASCADE, arch TEXT NOT NULL, proxy TEXT NOT NULL,
    version INTEGER NOT NULL, init INTEGER NOT NULL, value BLOB NOT NULL, checksum BLOB NOT NULL,
    PRIMARY KEY (context, arch, proxy, version, init)
) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
"""

_SELECT = """
SELECT arch, proxy, version, init, value, checksum FROM readings
WHERE arch = ? AND context = (SELECT id FROM contexts WHERE digest = ?)
"""
_ARCHS = "SELECT DISTINCT arch FROM readings WHERE context = (SELECT id FROM contexts WHERE digest = ?)"
_DISCARD = "DELETE FROM readings WHERE arch = ? AND context = (SELECT id FROM contexts WHERE digest = ?)"
_USE = """
INSERT INTO contexts (digest, description, versions, used) VALUES (?, ?, ?, ?)
ON CONFLICT (digest) DO UPDATE SET used = excluded.used
"""
_KEEP = "INSERT OR REPLACE INTO readings VALUES ((SELECT id FROM contexts WHERE digest = ?), ?, ?, ?, ?, ?, ?)"
_DROP = "DELETE FROM contexts WHERE id = (SELECT id FROM contexts ORDER BY versions = ?, used, id LIMIT 1)"


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a proxy.

    Attributes:
        context: everything that it depends on beside the following.
        arch: string of the canonical architecture.
        proxy: its name.
        version: of the proxy's definition.
        init: index of the student's initialization.
        value: what the proxy gave.
    """

    context: Context
    arch: str
    proxy: str
    version: int
    init: int
    value: float


def store_file(folder: Path) -> Path:
    """The file of the store in a folder."""
    return folder / f"evaluations-{FORMAT}.sqlite3"


def damaged_file(folder: Path) -> Path:
    """Where a damaged store is kept until the next one."""
    return store_file(folder).with_suffix(".damaged")


class Store:
    """Values on file, or nothing where that cannot be; for one thread.

    Opened, at first use, it drops contexts above `MOST_BYTES`: of other versions first, then the longest unused.

    Args:
        folder: where the file is, or will be; `None` for no store.
        versions: of what computes; by default, of this installation.

    Attributes:
        damaged: architectures of which rows were damaged, and not believed.
    """

    def __init__(self, folder: Path | None, versions: str | None = None) -> None:
        self.damaged = 0
        self._folder = folder
        self._versions = json.dumps(current_versions()) if versions is None else versions
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._mends = True

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def find(self, context: Context, archs: Iterable[str]) -> dict[str, Values]:
        """What is there of these architectures; of one with a damaged row nothing is, and it is deleted."""
        return self._attempt(lambda folder: self._find(self._open(folder), context, archs), {})

    def archs(self, context: Context) -> list[str]:
        """The architectures of which there are values."""
        rows: list[tuple[str]] = self._attempt(
            lambda folder: self._open(folder).execute(_ARCHS, (context.digest,)).fetchall(), []
        )
        return [arch for (arch,) in rows]

    def keep(self, rows: Sequence[Row]) -> None:
        """Write all of these rows, or none."""
        if rows:
            self._attempt(lambda folder: self._keep(self._open(folder), rows), None)

    def _attempt(self, act: Callable[[Path], Found], otherwise: Found) -> Found:
        """Act on the folder; whatever is wrong with the store is no error of the work."""
        if self._folder is None:
            return otherwise
        try:
            return act(self._folder)
        except (sqlite3.OperationalError, OSError) as error:
            self._give_up(error)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite may quote what is no text
            if not self._mends:  # damage that comes back at once is no accident
                self._give_up(error)
                return otherwise
            self._mends = False
            if self._attempt(self._set_aside, False):
                _LOG.warning("the cache in '%s' was damaged: %s; a new one is begun", self._folder, error)
                return self._attempt(act, otherwise)
        return otherwise

    def _give_up(self, error: Exception) -> None:
        _LOG.warning("the cache in '%s' cannot be used: %s; the work goes on without it", self._folder, error)
        self.close()
        self._folder = None

    def _set_aside(self, folder: Path) -> bool:
        """Move the damaged file out of the way, unless another process has done so."""
        path = store_file(folder)
        self.close()
        with alone(path):
            if path.exists() and path.stat().st_ino == self._inode:
                for suffix in ("-wal", "-shm"):  # first: SQLite would replay them into the next file
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                path.replace(damaged_file(folder))
        return True

    def _open(self, folder: Path) -> sqlite3.Connection:
        if self._connection is None:
            path = store_file(folder)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with alone(path):
                path.touch(mode=0o600)
                self._inode = path.stat().st_ino
                self._connection = sqlite3.connect(path, timeout=TIMEOUT, isolation_level="IMMEDIATE")
                _begin(self._connection, self._versions, new=not path.stat().st_size)
        return self._connection

    def _find(self, connection: sqlite3.Connection, context: Context, archs: Iterable[str]) -> dict[str, Values]:
        found: dict[str, Values] = {}
        damaged = set()
        for arch in archs:
            for *names, value, checksum in connection.execute(_SELECT, (arch, context.digest)):
                if checksum == _checksum(context.digest, names, value):
                    found.setdefault(arch, {})[names[1], names[2], names[3]] = struct.unpack("<d", value)[0]
                else:
                    damaged.add(arch)
        if damaged:
            self.damaged += len(damaged)
            with connection:
                connection.executemany(_DISCARD, [(arch, context.digest) for arch in damaged])
        return {arch: values for arch, values in found.items() if arch not in damaged}

    def _keep(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        contexts = [(c.digest, c.description, self._versions, time.time()) for c in {row.context for row in rows}]
        with connection:
            connection.executemany(_USE, contexts)
            connection.executemany(_KEEP, [(row.context.digest, *_cells(row)) for row in rows])


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes from opening the store, or moving it away, inside the block."""
    with hold(path.with_suffix(".lock"), TIMEOUT) as held:
        if not held:
            raise OSError(f"another process has held its lock for {TIMEOUT:g} seconds")
        yield


def _begin(connection: sqlite3.Connection, versions: str, *, new: bool) -> None:
    """Make the tables of a new file, or check those of an old one, and drop what is of no use."""
    connection.text_factory = lambda text: text.decode(errors="surrogateescape")
    if new:
        connection.executescript(_TABLES)
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if verdict != "ok" or form != FORMAT:
        raise sqlite3.DatabaseError(verdict.splitlines()[-1] if verdict != "ok" else "it is something else")
    # A store that was in use when its machine lost power lacks the last rows and is sound.
    connection.executescript("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
    dropped = 1
    while dropped and _bytes(connection) > MOST_BYTES:
        with connection:
            dropped = connection.execute(_DROP, (versions,)).rowcount


def _bytes(connection: sqlite3.Connection) -> int:
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


def _checksum(digest: bytes, names: list[Any], value: Any) -> bytes:
    """BLAKE2 over everything that a row says."""
    text = repr([*names, value]).encode(errors="surrogateescape")
    return hashlib.blake2b(digest + text, digest_size=16).digest()


def _cells(row: Row) -> tuple[Any, ...]:
    names = [row.arch, row.proxy, row.version, row.init]
    value = struct.pack("<d", row.value)  # as a number, SQLite would store -0.0 as 0
    return (*names, value, _checksum(row.context.digest, names, value))
