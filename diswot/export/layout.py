"""Calls laid out as a person writes them: on one line where they fit, equal ones in a row as a loop."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

WIDTH = 100
"""Columns of a line."""

BRACKETS = {"[]": ("[", "]", "="), "{}": ("{", "}", ": ")}
"""How lists and dictionaries open, close, and part a name from its value."""

Laid: TypeAlias = "str | Written"


class Written:
    """A call that is written on one line or on several.

    Args:
        opening: what comes before the arguments.
        arguments: with their names in front.
        closing: what comes after them.
    """

    def __init__(self, opening: str, arguments: Sequence[tuple[str, Laid]], closing: str) -> None:
        self.opening, self.closing = opening, closing
        self.arguments = list(arguments)

    def __str__(self) -> str:
        return f"{self.opening}{', '.join(f'{name}{value}' for name, value in self.arguments)}{self.closing}"

    def lines(self, indent: int, before: str = "", after: str = "") -> list[str]:
        """The call behind `before`, indented, on as many lines as it needs."""
        pad = " " * indent
        flat = f"{pad}{before}{self}{after}"
        if len(flat) <= WIDTH or not self.arguments:
            return [flat]
        found = [f"{pad}{before}{self.opening}"]
        for name, value in self.arguments:
            found += laid_out(value, indent + 4, name, ",")
        return [*found, f"{pad}{self.closing}{after}"]


def laid_out(value: Laid, indent: int, before: str, after: str = "") -> list[str]:
    """A value behind `before`, indented, on as many lines as it needs."""
    if isinstance(value, Written):
        return value.lines(indent, before, after)
    return [f"{' ' * indent}{before}{value}{after}"]


def written(name: str, arguments: Sequence[tuple[str, Laid]]) -> Written:
    """A call of `name`; of `[]` and `{}` a list and a dictionary.

    Args:
        name: what is called.
        arguments: the name of each, empty where it is given by its place, and its value.
    """
    if name == "{}":
        return Written("{", [(f'"{key}": ', value) for key, value in arguments], "}")
    named = [("" if not key else f"{key}=", value) for key, value in _rolled(arguments)]
    return Written("[", named, "]") if name == "[]" else Written(f"{name}(", named, ")")


def _rolled(arguments: Sequence[tuple[str, Laid]]) -> list[tuple[str, Laid]]:
    """The arguments, equal calls in a row as one expression that repeats them."""
    found: list[tuple[str, Laid]] = []
    for (name, _), group in groupby(arguments, lambda one: (one[0], str(one[1]))):
        members = list(group)
        value = members[0][1]
        if len(members) > 1 and not name and isinstance(value, Written):
            found.append((name, Written("*(", [("", _Loop(value, len(members)))], ")")))
        else:
            found += members
    return found


class _Loop(Written):
    """A call that is made so many times."""

    def __init__(self, value: Written, times: int) -> None:
        super().__init__(value.opening, value.arguments, f"{value.closing} for _ in range({times})")

    def lines(self, indent: int, before: str = "", after: str = "") -> list[str]:
        """As any call, without a comma behind the loop."""
        return super().lines(indent, before, after.removesuffix(","))
