"""What is in a store; free of torch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diswot.cache.files import damaged_file, store_file
from diswot.cache.store import COLUMNS, Context, Store, is_sound
from diswot.cache.versions import versions
from diswot.errors import UnreadableData
from diswot.proxies import SCORES


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """Rows of one proxy.

    Attributes:
        space: where the architectures live.
        teacher: whose students they are; `None` for a proxy that does not look at the teacher.
        proxy: its name.
        version: of its definition.
        current: whether this installation can use them: its code, packages and proxies are those that measured.
        rows: how many; one value each.
    """

    space: str
    teacher: str | None
    proxy: str
    version: int
    current: bool
    rows: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a store.

    Attributes:
        file: where it is.
        bytes: its size on disk.
        entries: its rows.
        damaged: rows that are not what was written; a search does not believe them.
        fault: what is wrong with the file as a whole; the next search begins a new one.
        set_aside: bytes of the damaged store that was set aside last.
    """

    file: Path
    bytes: int
    entries: tuple[Entry, ...] = ()
    damaged: int = 0
    fault: str | None = None
    set_aside: int = 0

    @property
    def rows(self) -> int:
        """Rows of all entries."""
        return sum(entry.rows for entry in self.entries)


def survey(folder: Path) -> Survey:
    """Look at every row of the store in that folder, and change nothing.

    Raises:
        DiswotError: it cannot be used.
    """
    path = store_file(folder)
    if not path.exists():
        return Survey(path, 0, set_aside=size(damaged_file(path)))
    try:
        store = Store(folder)
        try:
            entries, damaged = _read(store)
        finally:
            store.close()
    except UnreadableData as error:
        return Survey(path, bytes_on_disk(path), fault=str(error), set_aside=size(damaged_file(path)))
    return Survey(path, bytes_on_disk(path), entries, damaged, set_aside=size(damaged_file(path)))


@dataclass(frozen=True, slots=True)
class Known:
    """A context of the store; without a description if that is not the one that was written."""

    digest: bytes
    description: dict[str, Any] | None

    @property
    def current(self) -> bool:
        """Whether this installation is the one that measured."""
        return self.description is not None and self.description["versions"] == versions()

    def entry(self, proxy: str, version: int) -> tuple[str, str | None, str, int, bool]:
        """What `Entry` says of a row, but for the count."""
        assert self.description is not None, "rows of a context without description count as damaged"
        current = self.current and is_current(proxy, version)
        return self.description["space"], self.description["teacher"], proxy, version, current


def known_contexts(store: Store) -> dict[int, Known]:
    """The contexts of a store, by number."""
    rows = store.query("SELECT id, digest, description FROM contexts")
    known = {}
    for number, digest, text in rows:
        whole = isinstance(text, str) and Context(text).digest == digest
        known[number] = Known(digest, json.loads(text) if whole else None)
    return known


def each_row(store: Store) -> Iterator[tuple[Known | None, tuple[Any, ...]]]:
    """Every row with its context, or with none if it is damaged."""
    contexts = known_contexts(store)
    for number, *cells in store.query(f"SELECT context, {COLUMNS} FROM readings"):  # noqa: S608 (of constants)
        known = contexts.get(number)
        sound = known is not None and known.description is not None and is_sound(known.digest, tuple(cells))
        yield known if sound else None, (number, *cells)


def is_current(proxy: str, version: int) -> bool:
    """Whether that is the version of the proxy in the table; of one that has an import path, nobody knows better."""
    return ":" in proxy or (proxy in SCORES and SCORES[proxy].version == version)


def bytes_on_disk(path: Path) -> int:
    """Bytes of a store, those included that are not in the main file yet."""
    return sum(size(path.with_name(path.name + suffix)) for suffix in ("", "-wal"))


def size(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def _read(store: Store) -> tuple[tuple[Entry, ...], int]:
    found: Counter[tuple[str, str | None, str, int, bool]] = Counter()
    damaged = 0
    for known, (_, _, proxy, version, *_) in each_row(store):
        if known is None:
            damaged += 1
        else:
            found[known.entry(proxy, version)] += 1
    entries = [Entry(*key, rows) for key, rows in found.items()]
    return tuple(sorted(entries, key=lambda e: (e.space, e.teacher or "", e.proxy, e.version, e.current))), damaged
