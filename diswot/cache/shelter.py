"""A store that never stands in the way of the work that it was to speed up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from diswot.cache.files import damaged_file, set_aside, store_file
from diswot.cache.store import Context, Row, Store, Values
from diswot.errors import DiswotError, UnreadableData

_LOG = logging.getLogger(__name__)

Found = TypeVar("Found")


class ShelteredStore:
    """The store of a folder, or nothing.

    A damaged file is set aside and a new one is begun; with one that cannot be used, the work goes on without. One
    warning in the log says so.

    Args:
        folder: where the store is; `None` for no store.

    Attributes:
        damaged: rows that were found damaged, and were not believed.
    """

    def __init__(self, folder: Path | None) -> None:
        self.damaged = 0
        self._folder = folder
        self._store: Store | None = None
        self._writes = self._mends = True
        self._open()

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def find(self, context: Context, archs: Sequence[str]) -> dict[str, Values]:
        """What is there of these architectures."""
        nothing: tuple[dict[str, Values], list[str]] = {}, []
        found, damaged = self._try(lambda store: store.find(context, archs), nothing)
        if damaged:
            self.damaged += len(damaged)
            self._write(lambda store: store.discard(context, damaged))
        return found

    def keep(self, rows: Sequence[Row]) -> None:
        """Write these rows, if that is possible."""
        if rows:
            self._write(lambda store: store.keep(rows))

    def touch(self, contexts: Iterable[Context]) -> None:
        """Note that these contexts are in use, if that is possible."""
        self._write(lambda store: store.touch(contexts))

    def _open(self) -> None:
        if self._folder is not None:
            try:
                self._store = Store(self._folder)
            except UnreadableData as error:
                self._replace(error)
            except DiswotError as error:
                self._give_up(error)

    def _try(self, act: Callable[[Store], Found], otherwise: Found) -> Found:
        if self._store is None:
            return otherwise
        try:
            return act(self._store)
        except UnreadableData as error:
            self._replace(error)
            return self._try(act, otherwise)
        except DiswotError as error:
            self._give_up(error)
            return otherwise

    def _write(self, act: Callable[[Store], None]) -> None:
        def attempt(store: Store) -> None:
            try:
                act(store)
            except UnreadableData:
                raise
            except DiswotError as error:
                self._writes = False
                _LOG.warning("%s; the search goes on, and what it measures from here is not kept", error)

        if self._writes:
            self._try(attempt, None)

    def _give_up(self, error: DiswotError) -> None:
        self.close()
        _LOG.warning("%s; the search goes on without it", error)

    def _replace(self, error: UnreadableData) -> None:
        """Begin a new store, once; damage that comes back at once is no accident."""
        self.close()
        if not self._mends or self._folder is None:
            self._give_up(error)
            return
        self._mends = False
        path = store_file(self._folder)
        try:
            set_aside(path)
        except DiswotError as reason:
            self._give_up(reason)
            return
        _LOG.warning("%s; it is now %s, and a new one is begun", error, damaged_file(path).name)
        self._open()
