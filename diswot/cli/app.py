"""The `diswot` command: the table of its sub-commands, and those that the rooms above add by entry point."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Annotated

import typer

from diswot.cli.console import STDERR, speak_plainly, speaking
from diswot.cli.lazy import PLAIN, LazyCommand, LazyGroup
from diswot.errors import DiswotError, InputError

HERE = "diswot.cli"
COMMANDS = {
    "search": LazyCommand(f"{HERE}.search:search", "Search a space for the student that will distil best."),
    "batch": LazyCommand(f"{HERE}.batch:batch", "Run every search of a plan and compare what they recommend."),
    "score": LazyCommand(f"{HERE}.score:score", "Explain the score of one architecture."),
    "export": LazyCommand(f"{HERE}.export:export", "Write a student as JSON, Python, ONNX or a checkpoint."),
    "distill": LazyCommand(f"{HERE}.distill:distill", "Train a student under its teacher, and judge it."),
    "evaluate": LazyCommand(f"{HERE}.distill:evaluate", "Judge a distilled student on test images."),
    "proxies": LazyCommand(f"{HERE}.lists:proxies", "List the proxies and the scores made of them."),
    "distillers": LazyCommand(f"{HERE}.lists:distillers", "List the methods of distillation."),
    "spaces": LazyCommand(f"{HERE}.spaces:app", "List, show and check search spaces, and begin one of your own."),
    "teachers": LazyCommand(f"{HERE}.teachers:app", "List the teachers, and show what one of them is."),
    "data": LazyCommand(f"{HERE}.data:app", "Say which data sets are here, and import some."),
    "cache": LazyCommand(f"{HERE}.cache:app", "Show and clear the evaluations that were made before."),
}
MOUNTED = {
    "benchmark": "Measure what the project claims.",
    "keys": "Manage the keys that let somebody into a service.",
    "serve": "Serve the API and the pages.",
    "up": "Serve the API and the pages, and work on jobs.",
    "worker": "Work on the jobs of a service.",
}
"""Sentences on commands of the rooms above, which are found by entry point."""


def commands() -> Mapping[str, LazyCommand]:
    """All commands, those that packages add by the entry point group `diswot.commands` behind our own."""
    found = sorted(entry_points(group="diswot.commands"), key=lambda entry: entry.name)
    mounted = {one.name: LazyCommand(one.value, MOUNTED.get(one.name, f"A command of {one.module}.")) for one in found}
    return {**COMMANDS, **{name: one for name, one in mounted.items() if name not in COMMANDS}}


class Commands(LazyGroup):
    """The commands of `diswot`."""

    table = staticmethod(commands)


app = typer.Typer(
    cls=Commands, help="The right student for a teacher, without training.", no_args_is_help=True, **PLAIN
)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """The right student for a teacher, without training."""
    if show:
        from importlib.metadata import version as installed

        typer.echo(f"diswot {installed('diswot')}")
        raise typer.Exit


def main() -> None:
    """Run the command line; wrong input ends with one sentence on stderr and exit code 2, other failures with 1."""
    speak_plainly()
    try:
        with speaking():
            app()
    except InputError as error:
        STDERR.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except DiswotError as error:
        STDERR.print(f"failed: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
