"""Open tables: rows of our own, those of installed packages, and whatever an import path names."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from itertools import chain, count
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from diswot_spaces.errors import InputError, UnknownName

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Registry(Mapping[str, T]):
    """A table of named rows that packages outside this one extend by entry points.

    As a mapping it holds the built-in rows and those of installed packages; the latter are imported when a name is
    looked up that is not built in, or when the table is gone through. `find` also takes an object, and an import path.

    Args:
        kind: what a row is, such as `"search space"`.
        group: of the entry points, such as `"diswot.spaces"`.
        builtin: rows by name.
        convert: makes a row of an object that was given or imported; raises `InputError` where that is impossible.

    Attributes:
        builtin: the same; going through it imports nothing.
    """

    def __init__(self, kind: str, group: str, builtin: Mapping[str, T], convert: Callable[[object], T]) -> None:
        self.kind, self.group, self.builtin = kind, group, builtin
        self._convert = convert
        self._imported: dict[str, T] = {}
        self._given: dict[str, tuple[object, T]] = {}

    def __getitem__(self, name: str) -> T:
        return self.builtin[name] if name in self.builtin else self._installed[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self.builtin, **self._installed})

    def __len__(self) -> int:
        return len(self.builtin) + len(self._installed)

    def named(self, name: str) -> T:
        """The row of a name: of those that a stranger may give, such as a client over HTTP.

        Raises:
            UnknownName: lists the valid names.
        """
        if name not in self:
            raise UnknownName(self.kind, name, self)
        return self[name]

    def find(self, key: object) -> T:
        """The row of a name, of an import path `package.module:Name`, or of an object that is or makes a row.

        A name may also be one that `name_of` gave an object in this process.

        Only for keys of those who may run code here: an import path runs the module that it names.

        Raises:
            UnknownName: lists the valid names.
            InputError: what was given or imported is no such row.
        """
        if not isinstance(key, str):
            return self._convert(key)
        if key in self._given:
            return self._given[key][1]
        if self.is_import_path(key):
            return self._import(key)
        return self.named(key)

    def is_import_path(self, key: str) -> bool:
        """Whether `find` imports what this names, and so runs code."""
        return key not in self.builtin and _IMPORT_PATH.fullmatch(key) is not None

    def name_of(self, key: object) -> str:
        """The name by which `find` finds what is given, in this process; a text is one already.

        A class or function that can be imported is named by its import path, which means the same everywhere. Another
        object is kept under the name of its row, or of its class, with a number where that is taken; whoever writes
        that down writes what means the same as long as this process lives.

        Raises:
            InputError: what is given is no row and makes none.
        """
        if isinstance(key, str):
            return key
        known: dict[str, object] = {**self.builtin, **{name: given for name, (given, _) in self._given.items()}}
        for name, given in known.items():
            if given is key:
                return name
        row = self._convert(key)
        if path := _path_of(key):
            self._imported.setdefault(path, row)
            return path
        plain = str(getattr(row, "name", type(key).__name__))
        numbered = (f"{plain}-{number}" for number in count(2))
        name = next(name for name in chain([plain], numbered) if name not in known)
        self._given[name] = key, row
        return name

    def _import(self, path: str) -> T:
        """The row of an import path; the same object whenever it is asked for again."""
        if path not in self._imported:
            module, _, name = path.partition(":")
            try:
                self._imported[path] = self._convert(attrgetter(name)(import_module(module)))
            except Exception as error:  # a module may raise whatever it likes
                raise InputError(f"{self.kind} {path!r} cannot be had: {_said(error)}") from error
        return self._imported[path]

    @cached_property
    def _installed(self) -> dict[str, T]:
        """Rows of installed packages; one that cannot be had is named in a warning and left out."""
        from importlib.metadata import entry_points

        found: dict[str, T] = {}
        for entry in entry_points(group=self.group):
            try:
                if entry.name in self.builtin or entry.name in found:
                    raise InputError(f"there is another {self.kind} of that name")
                found[entry.name] = self._load(entry)
            except Exception as error:  # as above
                _LOG.warning("%s %r of %s is left out: %s", self.kind, entry.name, _origin(entry), _said(error))
        return found

    def _load(self, entry: EntryPoint) -> T:
        row = self._convert(entry.load())
        name = getattr(row, "name", entry.name)
        if name != entry.name:
            raise InputError(f"it calls itself {name!r}, and its entry point must have the same name")
        return row


def _path_of(key: object) -> str | None:
    """The import path of a class or function, if it has one outside the script that is running."""
    module, name = getattr(key, "__module__", None), getattr(key, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    try:
        found = attrgetter(name)(sys.modules[module])
    except (AttributeError, KeyError):
        return None
    return f"{module}:{name}" if found is key else None


def _said(error: Exception) -> str:
    """An error in words; our own need no name of a class."""
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


def _origin(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name} ({entry.value})" if entry.dist else entry.value
