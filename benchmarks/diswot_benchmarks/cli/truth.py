"""`diswot benchmark truth`: whether the recommended student is the one that distils best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.cli.distill import OPTIONS, spec_of
from diswot_benchmarks.cli.deliver import deliver


@o.takes(*OPTIONS)
def truth(
    search: Annotated[Path, typer.Option(help="Folder of a finished search, whose recommendation is tested.")],
    out: Annotated[Path, typer.Option(help="Folder for trainings and labels; the same command goes on in it.")],
    students: Annotated[int, typer.Option(min=1, max=1_000, help="Other students, drawn at random.")] = 12,
    tolerance: Annotated[
        float, typer.Option(min=0.001, max=10.0, help="Share by which their parameters and MACs may differ.")
    ] = 0.1,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Distil the recommended student and others of its cost, and say whether the recommendation held."""
    from diswot.report.files import read_result
    from diswot.search.checkpoint import RESULT
    from diswot_benchmarks.truth.console import show_truth
    from diswot_benchmarks.truth.run import run_truth

    spec = spec_of(options, search)
    result = read_result(search / RESULT)
    deliver(
        "drawing students",
        lambda report: run_truth(result, spec, out, report, students=students, tolerance=tolerance),
        show_truth,
        json,
    )
