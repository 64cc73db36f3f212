"""`diswot benchmark correlation`: how well proxies rank, against a label table."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.cli.progress import progress
from benchmarks.labels.units import Duplicates
from benchmarks.runs.protocol import DEFAULTS
from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT
from diswot.labels.folder import find_table
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_flags
from diswot.spec.score import ScoreSpec


@o.takes(*o.of(ScoreSpec, ComputeSpec, without=("score", "device", "cache")), **DEFAULTS)
def correlation(
    labels: Annotated[
        Path, typer.Option(help="The label table: CSV with `arch` and accuracies; also looked up in DISWOT_DATA.")
    ],
    column: Annotated[list[str] | None, typer.Option(help="Accuracy column to rank against; repeatable.")] = None,
    proxy: Annotated[list[str] | None, typer.Option(help="Proxy or score; repeatable. [default: default]")] = None,
    sample: Annotated[int | None, typer.Option(help="Architectures to draw by seed; all if left out.")] = None,
    duplicates: Annotated[
        Duplicates, typer.Option(help="How architectures that are the same function count.")
    ] = Duplicates.ONCE,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/correlation-...]")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of an earlier run of the same protocol: only what it lacks is measured."),
    ] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Rank architectures by proxies and compare with what they really reach; continues a run that was stopped."""
    from benchmarks.runs.protocol import CorrelationSpec

    scored, compute = from_flags(ScoreSpec, o.given(options, **DEFAULTS)), from_flags(ComputeSpec, options)
    scored.check()
    spec = CorrelationSpec(
        labels=find_table(labels, os.environ),
        columns=tuple(dict.fromkeys(column or ())),
        teacher=scored.teacher,
        space=scored.space,
        proxies=tuple(dict.fromkeys(proxy or ("default",))),
        probe=scored.probe,
        sample=sample,
        duplicates=duplicates,
        seed=scored.seed,
        student_inits=scored.student_inits,
        teacher_inits=scored.teacher_inits,
    )
    from benchmarks.correlation.run import run_correlation
    from benchmarks.correlation.tables import correlation_table

    with progress("reading the labels and observing the teacher") as report:
        try:
            folder = run_correlation(spec, out, compute, report, source)
        except KeyboardInterrupt:
            STDERR.print("stopped; the same command continues from what has been measured")
            raise typer.Exit(130) from None
        payload = correlation_table(folder, report)
    show_correlation(payload, json)


def show_correlation(payload: dict[str, Any], json: bool) -> None:
    """Print the table of a correlation run, or its JSON."""
    if json:
        typer.echo(json_module.dumps(payload, allow_nan=False))
        return
    from benchmarks.correlation.console import show_table

    show_table(STDOUT, payload)
