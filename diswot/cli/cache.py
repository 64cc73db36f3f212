"""`diswot cache`: the evaluations that were made before, and how to be rid of them."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from diswot.cli.command import Command
from diswot.cli.console import STDOUT, si
from diswot.cli.options import JsonOption
from diswot.errors import InputError
from diswot.storage.folders import cache_folder

app = typer.Typer(
    help="Evaluations that were made before.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command(cls=Command)
def show(json: JsonOption = False) -> None:
    """Show where the cache is, how large it is, and what is in it."""
    from diswot.cache.contents import contents

    found = contents(_folder())
    if json:
        typer.echo(json_module.dumps({**asdict(found), "file": str(found.file), "values": found.values}))
        return
    STDOUT.print(f"{found.file}: {found.values:,} values, {si(found.bytes)}B", markup=False, soft_wrap=True)
    if found.fault is not None:
        STDOUT.print(f"It is damaged ({found.fault}); the next search begins a new one.", markup=False, soft_wrap=True)
    if found.entries:
        table = Table("space", "teacher", "values", box=None, pad_edge=False, header_style="bold")
        for entry in found.entries:
            table.add_row(entry.space, entry.teacher or "any", f"{entry.values:,}")
        STDOUT.print(table)


@app.command(cls=Command)
def clear(
    yes: Annotated[bool, typer.Option("--yes", help="Confirmation, without which nothing is deleted.")] = False,
    json: JsonOption = False,
) -> None:
    """Delete the whole cache; searches that are using it go on."""
    from diswot.cache.contents import clear as clear_store

    folder = _folder()
    if not yes:
        raise InputError(f"this deletes the evaluations in {str(folder)!r}: confirm it with --yes")
    freed = clear_store(folder)
    if json:
        typer.echo(json_module.dumps({"freed_bytes": freed}))
    else:
        STDOUT.print(f"The cache is empty; {si(freed)}B are free again.")


def _folder() -> Path:
    folder = cache_folder()
    if folder is None:
        raise InputError("this user has no home folder: name a folder in DISWOT_CACHE")
    return folder
