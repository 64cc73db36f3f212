"""`diswot benchmark validate`: the score, chosen on all label tables but one and judged on that one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.errors import InputError
from diswot.labels.folder import data_folder
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_flags
from diswot_benchmarks.cli.deliver import deliver
from diswot_benchmarks.validation.truths import TRUTHS


@o.takes(*o.of(ComputeSpec, without=("device", "cache")))
def validate(
    table: Annotated[
        list[str] | None, typer.Option(help=f"Label table: {', '.join(TRUTHS)}; repeatable. [default: all of them]")
    ] = None,
    anchor: Annotated[
        list[str] | None, typer.Option(help="Proxy or score to measure beside the counts; repeatable.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the label tables. [default: DISWOT_DATA]")] = None,
    sample: Annotated[int, typer.Option(help="Architectures to draw from a large table.", min=2)] = 300,
    student_inits: Annotated[int, typer.Option(help="Random initializations of each student.", min=1)] = 1,
    seed: o.SeedOption = 0,
    out: Annotated[Path, typer.Option(help="Folder of the runs, which continue there.")] = Path("runs/validation"),
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Choose the score's constants and weights on all label tables but one, and judge them on that one."""
    folder = data or data_folder(os.environ)
    if folder is None:
        raise InputError("no folder of label tables: give --data, or set DISWOT_DATA")
    compute = from_flags(ComputeSpec, options)
    from diswot_benchmarks.validation.console import show_validation
    from diswot_benchmarks.validation.run import run_validation
    from diswot_benchmarks.validation.spec import ValidationSpec

    spec = ValidationSpec(
        truths=tuple(dict.fromkeys(table or TRUTHS)),
        data=folder,
        anchors=tuple(dict.fromkeys(anchor or ())),
        sample=sample,
        seed=seed,
        student_inits=student_inits,
    )
    deliver("reading the tables", lambda report: run_validation(spec, out, compute, report), show_validation, json)
