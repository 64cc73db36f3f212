"""How a store is made smaller; free of torch."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diswot.cache.files import damaged_file, set_aside, store_file
from diswot.cache.store import Store
from diswot.cache.survey import bytes_on_disk, each_row, is_current, known_contexts, size
from diswot.errors import UnreadableData


@dataclass(frozen=True, slots=True)
class Limits:
    """What is to go.

    Attributes:
        idle_seconds: values that no search has used for so long.
        size_bytes: values, the longest unused first, until the store is no larger.
        stale: values that this installation cannot use: of other code, packages or versions of a proxy.
    """

    idle_seconds: float | None = None
    size_bytes: int | None = None
    stale: bool = False


def prune(folder: Path, limits: Limits) -> int:
    """Delete what is to go, and what is damaged.

    Values of one context (space, teacher, probe, seed and all else) go together; stale versions of proxies alone.

    Returns:
        How many rows are gone.

    Raises:
        UnreadableData: the file is damaged as a whole.
        DiswotError: it cannot be used.
    """
    if not store_file(folder).exists():
        return 0
    store = Store(folder)
    try:
        before = _count(store)
        _drop_damaged(store)
        if limits.stale:
            _drop_stale(store)
        if limits.idle_seconds is not None:
            _drop(store, [n for n, used in _uses(store) if used < time.time() - limits.idle_seconds])
        if limits.size_bytes is not None:
            for number, _ in _uses(store):
                if _occupied(store) <= limits.size_bytes:
                    break
                _drop(store, [number])
        gone = before - _count(store)
        store.shrink()
    finally:
        store.close()
    return gone


def clear(folder: Path) -> int:
    """Delete everything, also while searches use the store, and the damaged store that was set aside.

    Returns:
        How many bytes are free now.

    Raises:
        DiswotError: the store cannot be used.
    """
    path = store_file(folder)
    before = bytes_on_disk(path) + size(damaged_file(path))
    if path.exists():
        try:
            prune(folder, Limits(size_bytes=0))
        except UnreadableData:
            set_aside(path)
    for leftover in (damaged_file(path), *folder.glob(f"{path.stem}-*.new*")):
        leftover.unlink(missing_ok=True)
    return before - bytes_on_disk(path)


def _drop_damaged(store: Store) -> None:
    wrong = [(_cell(row[0]), *(_cell(row[1]),) * 2) for known, row in each_row(store) if known is None]
    with store.transaction() as connection:
        connection.executemany(
            "DELETE FROM readings WHERE context IS ? AND (arch IS ? OR CAST(arch AS BLOB) IS ?)", wrong
        )


def _cell(value: Any) -> Any:
    """What finds a damaged cell again: a name may not even be text any more."""
    return value.encode(errors="surrogateescape") if isinstance(value, str) else value


def _drop_stale(store: Store) -> None:
    _drop(store, [number for number, known in known_contexts(store).items() if not known.current])
    kinds = list(store.query("SELECT DISTINCT proxy, version FROM readings"))
    stale = [kind for kind in kinds if not is_current(*kind)]
    with store.transaction() as connection:
        connection.executemany("DELETE FROM readings WHERE proxy = ? AND version = ?", stale)


def _drop(store: Store, numbers: Iterable[int]) -> None:
    with store.transaction() as connection:
        for number in numbers:
            connection.execute("DELETE FROM readings WHERE context = ?", (number,))
            connection.execute("DELETE FROM contexts WHERE id = ?", (number,))


def _uses(store: Store) -> list[tuple[int, float]]:
    """Contexts by when they were last used, the longest unused first."""
    return [(number, used) for number, used in store.query("SELECT id, CAST(used AS REAL) FROM contexts ORDER BY 2, 1")]


def _count(store: Store) -> int:
    (count,) = next(store.query("SELECT count(*) FROM readings"))
    return int(count)


def _occupied(store: Store) -> int:
    """Bytes that the file will have when the space of deleted rows is given back."""
    pages, free, size = (
        next(store.query(f"PRAGMA {name}"))[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
