"""`diswot benchmark search`: what searches find, against a label table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.labels.folder import find_table
from diswot.spec.compute import ComputeSpec
from diswot.spec.score import ScoreSpec
from diswot_benchmarks.cli.deliver import deliver, read
from diswot_benchmarks.runs.protocol import CorrelationSpec, score_settings

PROXIES = ("default", "diswot", "params", "nwot")
SEARCHED = {"teacher": "resnet56"}
"""What a search leaves to its user, and this benchmark does not."""
EVALUATIONS = (10, 30, 100, 300)


@o.takes(*o.of(ScoreSpec, ComputeSpec, without=("score", "device", "cache")), **SEARCHED)
def search(
    labels: Annotated[
        Path,
        typer.Option(help="Labels of the whole space: CSV with `arch` and accuracies; also looked up in DISWOT_DATA."),
    ],
    column: Annotated[str, typer.Option(help="Accuracy that counts; looked up after each search.")] = (
        "cifar100_test_200"
    ),
    proxy: Annotated[
        list[str] | None, typer.Option(help=f"Proxy or score; repeatable. [default: {', '.join(PROXIES)}]")
    ] = None,
    algorithm: Annotated[
        list[str] | None, typer.Option(help="Search algorithm; repeatable. [default: every one there is]")
    ] = None,
    max_params: Annotated[
        list[str] | None,
        typer.Option(help="Budget of parameters, such as 0.5M; repeatable. [default: five quantiles of the space]"),
    ] = None,
    evaluations: Annotated[
        list[int] | None,
        typer.Option(help=f"Where the curve is read; repeatable. [default: {', '.join(map(str, EVALUATIONS))}]"),
    ] = None,
    runs: Annotated[int, typer.Option(help="Searches of each kind, each with its own search seed.")] = 20,
    trained: Annotated[
        str | None,
        typer.Option(help="Accuracy column after short training: random search that keeps the best by it takes part."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of a correlation or search run: its scores are used."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/search-...]")] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Search many times over, and look up what was found; continues from what an earlier run has measured."""
    from diswot.quantities import parse_count
    from diswot.search.algorithms import ALGORITHMS
    from diswot_benchmarks.search.console import show_search
    from diswot_benchmarks.search.run import run_search_benchmark
    from diswot_benchmarks.search.spec import SearchBenchmark

    scored, compute = read(options, **SEARCHED)
    spec = SearchBenchmark(
        scores=CorrelationSpec(
            **score_settings(scored),
            labels=find_table(labels, os.environ),
            columns=(column,),
            proxies=tuple(dict.fromkeys(proxy or PROXIES)),
        ),
        algorithms=tuple(dict.fromkeys(algorithm or ALGORITHMS)),
        max_params=None if max_params is None else tuple(map(parse_count, max_params)),
        evaluations=tuple(sorted(set(evaluations or EVALUATIONS))),
        runs=runs,
        trained=trained,
    )
    deliver(
        "reading the labels", lambda report: run_search_benchmark(spec, out, source, compute, report), show_search, json
    )
