"""The store: values of proxies, read and written by several processes at once.

A row is one value: of an architecture, a proxy with its version, and the index of a student seed. Everything else that
the value depends on is its context. Each row carries a checksum over all of this, so that a damaged row is recognised
whatever the structure of the file says.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from diswot.cache.files import Opening, explained, store_file
from diswot.errors import UnreadableData

Values: TypeAlias = dict[tuple[str, int, int], float]
"""Of one architecture: by proxy, version of the proxy, and seed index."""

COLUMNS = "arch, proxy, version, seed, value, checksum"


@dataclass(frozen=True)
class Context:
    """What values depend on beside architecture, proxy and seed index, as canonical JSON."""

    description: str

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the description."""
        return hashlib.sha256(self.description.encode(errors="surrogateescape")).digest()


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a proxy.

    Attributes:
        context: everything that it depends on beside the following.
        arch: string of the canonical architecture.
        proxy: its name.
        version: of the proxy's definition.
        seed: index of the student's initialisation.
        value: what the proxy gave.
    """

    context: Context
    arch: str
    proxy: str
    version: int
    seed: int
    value: float


class Store:
    """Values on file; for one thread. The structure of the file is checked when it is opened, each row when it is read.

    Args:
        folder: where the file is, or will be.

    Raises:
        UnreadableData: the file is damaged, or is something else.
        DiswotError: the folder or the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.path = store_file(folder)
        self._opening = Opening(self.path)
        self._connection = self._opening.connection
        try:
            self._check_structure()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._opening.close()

    def find(self, context: Context, archs: Iterable[str]) -> tuple[dict[str, Values], list[str]]:
        """The values of these architectures, and the architecture of each damaged row, of which nothing is believed."""
        found: dict[str, Values] = {}
        damaged = []
        number = next(self.query("SELECT id FROM contexts WHERE digest = ?", context.digest), ())
        statement = f"SELECT {COLUMNS} FROM readings WHERE context = ? AND arch = ?"  # noqa: S608 (of constants)
        for arch in archs if number else ():
            for row in self.query(statement, *number, arch):
                if is_sound(context.digest, row):
                    found.setdefault(arch, {})[row[1:4]] = struct.unpack("<d", row[4])[0]
                else:
                    damaged.append(arch)
        return {arch: values for arch, values in found.items() if arch not in damaged}, damaged

    def archs(self, context: Context) -> list[str]:
        """The architectures of which there are values."""
        statement = "SELECT DISTINCT arch FROM readings WHERE context = (SELECT id FROM contexts WHERE digest = ?)"
        return [arch for (arch,) in self.query(statement, context.digest)]

    def keep(self, rows: Sequence[Row]) -> None:
        """Write all of these rows, or none."""
        with self.transaction() as connection:
            numbers = {context: _number(connection, context) for context in {row.context for row in rows}}
            connection.executemany(
                "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(numbers[row.context], *_cells(row)) for row in rows],
            )

    def touch(self, contexts: Iterable[Context]) -> None:
        """Note that these contexts are in use."""
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE contexts SET used = ? WHERE digest = ?", [(time.time(), context.digest) for context in contexts]
            )

    def discard(self, context: Context, archs: Iterable[str]) -> None:
        """Delete what is there of architectures with damaged rows."""
        with self.transaction() as connection:
            connection.executemany(
                "DELETE FROM readings WHERE arch = ? AND context = (SELECT id FROM contexts WHERE digest = ?)",
                [(arch, context.digest) for arch in archs],
            )

    def query(self, statement: str, *cells: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement that reads."""
        with explained(self.path):
            yield from self._connection.execute(statement, cells)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write inside the block: all of it, or nothing."""
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def shrink(self) -> None:
        """Give the space of deleted rows back to the disk."""
        with explained(self.path):
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _check_structure(self) -> None:
        (verdict,) = next(self.query("PRAGMA integrity_check(1)"))
        if verdict != "ok":
            raise UnreadableData(f"the cache {str(self.path)!r} is damaged: {verdict.splitlines()[-1]}")


def is_sound(digest: bytes, row: tuple[Any, ...]) -> bool:
    """Whether a row of `COLUMNS` is what was written under the context with this digest."""
    *names, value, checksum = row
    if not isinstance(value, bytes) or len(value) != struct.calcsize("<d"):
        return False
    return bool(checksum == _checksum(digest, names, value))


def _checksum(digest: bytes, names: list[Any], value: bytes) -> bytes:
    """BLAKE2 over everything that a row says."""
    text = repr(names).encode(errors="surrogateescape")
    return hashlib.blake2b(digest + value + text, digest_size=16).digest()


def _cells(row: Row) -> tuple[Any, ...]:
    names = [row.arch, row.proxy, row.version, row.seed]
    value = struct.pack("<d", row.value)  # As a number, SQLite would store -0.0 as 0.
    return (*names, value, _checksum(row.context.digest, names, value))


def _number(connection: sqlite3.Connection, context: Context) -> int:
    number: int
    (number,) = connection.execute(
        "INSERT INTO contexts (digest, description, used) VALUES (?, ?, ?) "
        "ON CONFLICT (digest) DO UPDATE SET used = excluded.used, description = excluded.description RETURNING id",
        (context.digest, context.description, time.time()),
    ).fetchone()
    return number
