"""What is in a store, for people, and how to be rid of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from diswot.cache.store import alone, damaged_file, store_file
from diswot.errors import DiswotError

_COUNT = """
SELECT description, count(*) FROM contexts JOIN readings ON readings.context = contexts.id GROUP BY contexts.id
"""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """Values of one context.

    Attributes:
        space: where the architectures live.
        teacher: whose students they are; empty for proxies that do not look at the teacher.
        values: how many.
    """

    space: str
    teacher: str
    values: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a store.

    Attributes:
        file: where it is.
        bytes: its size on disk, with that of a damaged one that was set aside.
        entries: its values.
        fault: what is wrong with the file; the next search begins a new one.
    """

    file: Path
    bytes: int
    entries: tuple[Entry, ...] = ()
    fault: str | None = None

    @property
    def values(self) -> int:
        """Values of all entries."""
        return sum(entry.values for entry in self.entries)


def contents(folder: Path) -> Contents:
    """Look at the store in that folder, and change nothing."""
    path, size = store_file(folder), sum(path.stat().st_size for path in _files(folder))
    if not path.exists():
        return Contents(path, size)
    try:
        with closing(sqlite3.connect(path)) as connection:
            rows = [(json.loads(description), values) for description, values in connection.execute(_COUNT)]
        entries = [Entry(known["space"]["name"], known["teacher"].get("name", ""), values) for known, values in rows]
    except (sqlite3.Error, ValueError, LookupError) as error:
        return Contents(path, size, fault=str(error))
    return Contents(path, size, tuple(sorted(entries)))


def clear(folder: Path) -> int:
    """Delete the store, and a damaged one that was set aside; searches that are using it go on.

    Returns:
        How many bytes are free now.

    Raises:
        DiswotError: it cannot be deleted.
    """
    if not _files(folder):
        return 0
    try:
        with alone(store_file(folder)):
            freed = sum(path.stat().st_size for path in _files(folder))
            for path in _files(folder):
                path.unlink()
    except OSError as error:
        raise DiswotError(f"the cache in {str(folder)!r} cannot be deleted: {error.strerror or error}") from error
    return freed


def _files(folder: Path) -> list[Path]:
    path = store_file(folder)
    beside = [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "")]
    return [file for file in (*beside, damaged_file(folder)) if file.exists()]
