"""`diswot cache`: what was measured before, and how to be rid of it."""

from __future__ import annotations

import json as json_module
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from diswot.cache.survey import Survey, survey
from diswot.cache.upkeep import Limits
from diswot.cache.upkeep import clear as clear_store
from diswot.cache.upkeep import prune as prune_store
from diswot.cli.command import Command
from diswot.cli.console import STDOUT, si
from diswot.cli.options import JsonOption
from diswot.errors import InputError
from diswot.storage.folders import cache_folder

AGES = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
SIZES = {"kB": 10**3, "MB": 10**6, "GB": 10**9}

app = typer.Typer(
    help="Measurements that were made before.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command(cls=Command)
def show(json: JsonOption = False) -> None:
    """Show where the store is, how large, and what is in it; every row is read and checked."""
    found = survey(_folder())
    if json:
        typer.echo(json_module.dumps(_document(found)))
        return
    STDOUT.print(f"{found.file}: {found.rows:,} values, {si(found.bytes)}B", markup=False, soft_wrap=True)
    if found.fault is not None:
        STDOUT.print(f"{found.fault}; the next search begins a new one", markup=False, soft_wrap=True)
    if found.damaged:
        STDOUT.print(f"{found.damaged:,} more are damaged, and will be measured again", soft_wrap=True)
    if found.set_aside:
        STDOUT.print(f"A damaged store of {si(found.set_aside)}B was set aside; diswot cache clear deletes it")
    if found.entries:
        STDOUT.print(_table(found))


@app.command(cls=Command)
def prune(
    older_than: Annotated[
        str | None, typer.Option("--older-than", help="What no search has used for so long, such as 12h, 30d or 4w.")
    ] = None,
    max_size: Annotated[
        str | None, typer.Option("--max-size", help="The longest unused, until no more than that is left: 200MB.")
    ] = None,
    stale: Annotated[
        bool,
        typer.Option("--stale", help="What this installation cannot use: of other code, packages, proxy versions."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Delete a part of the store, and whatever is damaged in it."""
    limits = Limits(
        None if older_than is None else _amount(older_than, AGES, "an age", "30d"),
        None if max_size is None else int(_amount(max_size, SIZES, "a size", "200MB")),
        stale,
    )
    if limits == Limits():
        raise InputError("what is to go? Give --older-than, --max-size or --stale, or use diswot cache clear")
    folder = _folder()
    gone = prune_store(folder, limits)
    left = survey(folder)
    if json:
        typer.echo(json_module.dumps({"removed": gone, "rows": left.rows, "bytes": left.bytes}))
    else:
        STDOUT.print(f"{gone:,} values are gone, {left.rows:,} are left: {si(left.bytes)}B")


@app.command(cls=Command)
def clear(
    yes: Annotated[bool, typer.Option("--yes", help="Without it nothing is deleted.")] = False,
    json: JsonOption = False,
) -> None:
    """Delete the whole store; searches that are using it go on."""
    folder = _folder()
    if not yes:
        raise InputError(f"this deletes the measurements in {str(folder)!r}: say so with --yes")
    freed = clear_store(folder)
    if json:
        typer.echo(json_module.dumps({"freed_bytes": freed}))
    else:
        STDOUT.print(f"The cache is empty; {si(freed)}B are free again")


def _folder() -> Path:
    folder = cache_folder()
    if folder is None:
        raise InputError("this user has no home folder: name a folder in DISWOT_CACHE")
    return folder


def _amount(text: str, units: Mapping[str, int], what: str, example: str) -> float:
    match = re.fullmatch(rf"([0-9]{{1,12}}(?:\.[0-9]{{1,6}})?)({'|'.join(units)})", text)
    if match is None:
        raise InputError(f"{what} is a number with {', '.join(units)} behind it, such as {example}, not {text!r}")
    return float(match[1]) * units[match[2]]


def _document(found: Survey) -> dict[str, object]:
    return {**asdict(found), "file": str(found.file), "rows": found.rows}


def _table(found: Survey) -> Table:
    table = Table("space", "teacher", "proxy", "version", "values", "", box=None, pad_edge=False, header_style="bold")
    for entry in found.entries:
        note = "" if entry.current else "stale"
        table.add_row(entry.space, entry.teacher or "any", entry.proxy, str(entry.version), f"{entry.rows:,}", note)
    return table
