"""What every command does with its words before they are read."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

from typer.core import TyperCommand

from diswot.errors import InputError

RENAMED = {
    "--seeds": "--student-inits",
    "--initialisations": "--teacher-inits",
    "--against": "--pareto-cost",
    "--beyond": "--relaxation",
    "--plateau": "--patience",
    "--seconds": "--max-seconds",
}
"""Options by the names that they had in version 0.1; those are taken for one more version, and not shown."""


class Command(TyperCommand):
    """A command that takes options by their old names, and nothing that is empty."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of a command line.

        Raises:
            InputError: one of them is empty: an empty path would be the folder that the command runs in.
        """
        known = {name for parameter in self.params for name in parameter.opts}
        words = [_renamed(word, known) for word in args]
        _check_words(words)
        rest: list[str] = super().parse_args(ctx, words)
        return rest


def _renamed(word: str, known: set[str]) -> str:
    """A word with the new name of an option in place of its old one, if the command has the new one alone."""
    old, equals, value = word.partition("=")
    new = RENAMED.get(old)
    if new is None or old in known or new not in known:
        return word
    print(f"note: {old} is now called {new}", file=sys.stderr)  # noqa: T201 - rich is not imported yet
    return f"{new}{equals}{value}"


def _check_words(words: list[str]) -> None:
    for before, word in pairwise(["", *words]):
        option, equals, value = word.partition("=")
        if not word or (option.startswith("--") and equals and not value):
            name = option or (before if before.startswith("--") else "an argument")
            raise InputError(f"{name} must not be empty")
