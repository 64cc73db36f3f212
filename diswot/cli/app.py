"""The `diswot` command: its own sub-commands, and those that the rooms above mount by entry point."""

from __future__ import annotations

import functools
import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from diswot.cli import batch, cache, data, distill, export, lists, score, search, spaces, teachers
from diswot.cli.command import Command
from diswot.cli.console import STDERR, speak_plainly, speaking
from diswot.errors import DiswotError, InputError

app = typer.Typer(
    help="The right student for a teacher, without training.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("search", cls=Command)(search.search)
app.command("batch", cls=Command)(batch.batch)
app.command("score", cls=Command)(score.score)
app.command("export", cls=Command)(export.export)
app.command("distill", cls=Command)(distill.distill)
app.command("evaluate", cls=Command)(distill.evaluate)
app.command("proxies")(lists.proxies)
app.command("distillers")(lists.distillers)
app.add_typer(spaces.app, name="spaces")
app.add_typer(teachers.app, name="teachers")
app.add_typer(data.app, name="data")
app.add_typer(cache.app, name="cache")


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """The right student for a teacher, without training."""
    if show:
        from importlib.metadata import version as installed

        typer.echo(f"diswot {installed('diswot')}")
        raise typer.Exit


@functools.cache
def mount() -> None:
    """Add the commands of the rooms above; once, however often the command line is run in one process."""
    for entry in entry_points(group="diswot.commands"):
        app.add_typer(entry.load(), name=entry.name)


def main() -> None:
    """Run the command line; wrong input ends with one sentence on stderr and exit code 2, other failures with 1."""
    speak_plainly()
    mount()
    try:
        with speaking():
            app()
    except InputError as error:
        STDERR.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except DiswotError as error:
        STDERR.print(f"failed: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
