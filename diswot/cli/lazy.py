"""Commands that are imported when they are asked for: the list of them all costs none of their imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_group

from diswot.cli.command import Command
from diswot.errors import DiswotError

PLAIN: dict[str, Any] = {"pretty_exceptions_enable": False, "rich_markup_mode": None}


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command, or a group of some, by where it is.

    Attributes:
        place: `module:name` of a function, or of a `typer.Typer`.
        help: one sentence for the list of commands.
    """

    place: str
    help: str

    def load(self, name: str) -> Any:
        """The command itself, under this name.

        Raises:
            DiswotError: it cannot be imported.
        """
        try:
            found = EntryPoint(name, self.place, "diswot.commands").load()
        except (AttributeError, ImportError) as error:
            raise DiswotError(f"the command {name!r} cannot be loaded from {self.place!r}: {error}") from error
        holder = typer.Typer(**PLAIN)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=name)
        else:
            holder.command(name, cls=Command)(found)
        holder.callback()(_nothing)
        return get_group(holder).commands[name]


class _Commands(MutableMapping[str, Any]):
    """Commands by name; each is imported when it is first looked up."""

    def __init__(self, table: Mapping[str, LazyCommand]) -> None:
        self._table, self._loaded = table, dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._table[name].load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


class LazyGroup(TyperGroup):
    """A group of such commands; a subclass names its table."""

    table: ClassVar[Callable[[], Mapping[str, LazyCommand]]]

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self._table = type(self).table()
        self.commands = _Commands(self._table)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class has it
        """Their names, in the order of the table."""
        return list(self._table)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write their names, each with its sentence."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.help) for name, one in self._table.items()])


def _nothing() -> None:
    """What keeps a holder of one command a group."""
