"""`diswot benchmark paper`: the paper's claims, each with a verdict."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.errors import InputError
from diswot.labels.folder import data_folder
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_flags
from diswot_benchmarks.cli.deliver import deliver, read
from diswot_benchmarks.paper.spec import CHECKS, PaperSpec
from diswot_benchmarks.runs.protocol import DEFAULTS


@o.takes(*o.of(PaperSpec, ComputeSpec, without=("score", "space", "device", "cache")), **DEFAULTS)
def paper(
    check: Annotated[
        list[str] | None, typer.Option(help=f"Claims to check: {', '.join(CHECKS)}; repeatable. [default: all of them]")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder of a NAS-Bench-201 run: its raw scores are used.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/paper-...]")] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Check the paper's claims; continues from what an earlier run has measured."""
    from diswot_benchmarks.paper.console import show_paper
    from diswot_benchmarks.paper.run import run_paper

    data = options["data"] or data_folder(os.environ)
    if data is None:
        raise InputError("no folder of label tables: give --data, or set DISWOT_DATA")
    _, compute = read(options, **DEFAULTS)
    asked = o.given(options, **DEFAULTS) | {"data": data}
    spec = from_flags(PaperSpec, asked)
    spec = spec if check is None else replace(spec, checks=tuple(dict.fromkeys(check)))
    deliver("reading the tables", lambda report: run_paper(spec, out, source, compute, report), show_paper, json)
