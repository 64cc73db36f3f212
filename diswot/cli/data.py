"""`diswot data`: what data is here, and official benchmark files turned into label tables."""

from __future__ import annotations

import json as json_module
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from diswot.cli.command import Command
from diswot.cli.console import STDERR, STDOUT
from diswot.cli.interrupt import saying
from diswot.cli.options import JsonOption
from diswot.labels import data_sets, look
from diswot.labels import import_nasbench201 as convert
from diswot.labels.folder import VARIABLE, data_folder

LARGE = 10**8
"""Bytes of a pickle that does not open unnoticed."""

app = typer.Typer(
    help="Data sets: what is here, and imports.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command(cls=Command)
def status(json: JsonOption = False) -> None:
    """List the data sets that the project can use: found, or how to get them. A search needs none."""
    found = [look(one) for one in data_sets(os.environ)]
    if json:
        rows = [
            {
                "name": one.data_set.name,
                "found": one.path is not None,
                "path": str(one.path) if one.path else None,
                "use": one.data_set.use,
                "source": one.data_set.source,
                "how": one.data_set.how,
            }
            for one in found
        ]
        typer.echo(json_module.dumps({"data_sets": rows}))
        return
    table = Table(
        "data set", "", "what it is for", "source, and where it is or how to get it", box=None, pad_edge=False
    )
    for one in found:
        state = "found" if one.path else "missing"
        where = f"{one.data_set.source};\n{one.path or one.data_set.how}"
        table.add_row(one.data_set.name, state, one.data_set.use, where)
    STDOUT.print(table)
    if data_folder(os.environ) is None:
        STDOUT.print(f"{VARIABLE} is not set: no folder is searched for label tables.", markup=False)


@app.command("import-nasbench201", cls=Command)
def import_nasbench201(
    file: Annotated[
        Path, typer.Argument(help="NAS-Bench-201-*.pth, NATS-tss-*.pickle.pbz2, or the folder NATS-tss-*-simple.")
    ],
    out: Annotated[Path, typer.Option(help="The label table to write.")] = Path("nasbench201.csv"),
    trust_pickle: Annotated[
        bool, typer.Option("--trust-pickle", help="Open the file although that runs the code it contains.")
    ] = False,
    allow_partial: Annotated[
        bool, typer.Option("--allow-partial", help="Take what is there of a file without all 15,625 architectures.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Convert an official NAS-Bench-201 or NATS-Bench file to a label table, whole or not at all."""
    if trust_pickle and file.is_file() and file.stat().st_size > LARGE:
        STDERR.print(
            f"{file.name} is one pickle and is held in memory whole, the official ones in up to 30 GB; "
            "the folder NATS-tss-v1_0-3ffb9-simple takes 40 MB",
            markup=False,
        )
    with saying("interrupted; nothing has been written"), _progress() as report:
        done = convert(file, out, trust_pickle=trust_pickle, allow_partial=allow_partial, report=report)
    if json:
        typer.echo(json_module.dumps({**asdict(done), "table": str(done.table)}))
        return
    what = "" if done.written else ", the same as before"
    STDOUT.print(f"{done.table}: {done.architectures:,} architectures{what}", markup=False, soft_wrap=True)
    for column, empty in done.empty.items():
        if empty:
            STDOUT.print(f"  {column} is empty for {empty:,}: the file has no such training", markup=False)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Progress on stderr: one line for each thing that is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=STDERR) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        yield report
