"""`diswot benchmark correlation`, `report` and `ablation`: how well proxies rank, against a label table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.cli.console import STDERR
from diswot.labels.folder import find_table
from diswot.spec.compute import ComputeSpec
from diswot.spec.score import ScoreSpec
from diswot_benchmarks.cli.deliver import deliver, read
from diswot_benchmarks.labels.units import Duplicates
from diswot_benchmarks.runs.progress import Report
from diswot_benchmarks.runs.protocol import DEFAULTS, CorrelationSpec, score_settings


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
        Path | None, typer.Option("--from", help="Folder of an earlier run: only what it lacks is measured.")
    ] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Rank architectures by proxies and compare with what they really reach; continues a run that was stopped."""
    scored, compute = read(options, **DEFAULTS)
    spec = CorrelationSpec(
        **score_settings(scored),
        labels=find_table(labels, os.environ),
        columns=tuple(dict.fromkeys(column or ())),
        proxies=tuple(dict.fromkeys(proxy or ("default",))),
        sample=sample,
        duplicates=duplicates,
    )
    from diswot_benchmarks.correlation.console import show_table
    from diswot_benchmarks.correlation.run import run_correlation
    from diswot_benchmarks.correlation.tables import correlation_table

    def work(report: Report) -> dict[str, Any]:
        return correlation_table(run_correlation(spec, out, compute, report, source), report)

    deliver("reading the labels and observing the teacher", work, show_table, json)


def report(
    source: Annotated[Path, typer.Option("--from", help="Folder of a finished run.")],
    html: Annotated[Path | None, typer.Option(help="Where the page goes. [default: report.html in the folder]")] = None,
    json: o.JsonOption = False,
) -> None:
    """Compute the tables of a run again from its raw scores, and write them with figures into one HTML file."""
    from diswot_benchmarks.correlation.console import show_table
    from diswot_benchmarks.correlation.page import write_page
    from diswot_benchmarks.correlation.tables import correlation_table

    page = source / "report.html" if html is None else html

    def work(report: Report) -> dict[str, Any]:
        payload = correlation_table(source, report)
        write_page(page, source, payload)
        return payload

    deliver("reading the raw scores", work, show_table, json)
    STDERR.print(f"wrote {page}", markup=False, soft_wrap=True)


def ablation(
    source: Annotated[Path, typer.Option("--from", help="Folder of a finished run that asked for the score.")],
    score: o.ScoreOption = "default",
    json: o.JsonOption = False,
) -> None:
    """Say what each term of a score is worth: alone, and left out."""
    from diswot_benchmarks.correlation.ablation import ablation_table
    from diswot_benchmarks.correlation.console import show_ablation

    deliver("resampling", lambda _: ablation_table(source, score), show_ablation, json)
