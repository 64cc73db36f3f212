"""`diswot benchmark search`: what searches find, against a label table."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.progress import progress
from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT
from diswot.labels.folder import find_table
from diswot.probes.spec import DTYPES, PROBE_SIZE, SEEDED, ProbeSpec

PROXIES = ("default", "diswot", "params", "nwot")
EVALUATIONS = (10, 30, 100, 300)


def search(
    labels: Annotated[
        Path,
        typer.Option(help="Labels of the whole space: CSV with `arch` and accuracies; also looked up in DISWOT_DATA."),
    ],
    column: Annotated[str, typer.Option(help="Accuracy that counts; looked up after each search.")] = (
        "cifar100_test_200"
    ),
    space: o.SpaceOption = "nasbench201",
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
    teacher: o.TeacherOption = "resnet56",
    classes: o.ClassesOption = 100,
    in_shape: o.InputOption = "3x32x32",
    weights: o.WeightsOption = None,
    probe: o.ProbeOption = SEEDED[0],
    probe_size: o.ProbeSizeOption = PROBE_SIZE,
    dtype: o.DtypeOption = DTYPES[0],
    seed: o.SeedOption = 0,
    seeds: o.SeedsOption = 3,
    initialisations: o.InitialisationsOption = 8,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of a correlation or search run of the same protocol: its scores are used."),
    ] = None,
    executor: o.ExecutorOption = "processes",
    workers: o.WorkersOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/search-...]")] = None,
    json: o.JsonOption = False,
) -> None:
    """Search many times over, and look up what was found; continues from what an earlier run has measured."""
    from benchmarks.runs.protocol import CorrelationSpec
    from benchmarks.search.run import SearchBenchmark, run_search_benchmark
    from diswot.search.algorithms import ALGORITHMS
    from diswot.search.quantities import parse_count

    spec = SearchBenchmark(
        scores=CorrelationSpec(
            labels=find_table(labels, os.environ),
            columns=(column,),
            teacher=o.teacher_spec(teacher, classes, in_shape, weights),
            space=space,
            proxies=tuple(dict.fromkeys(proxy or PROXIES)),
            probe=ProbeSpec(probe, probe_size, dtype),
            seed=seed,
            seeds=seeds,
            initialisations=initialisations,
        ),
        algorithms=tuple(dict.fromkeys(algorithm or ALGORITHMS)),
        max_params=None if max_params is None else tuple(map(parse_count, max_params)),
        evaluations=tuple(sorted(set(evaluations or EVALUATIONS))),
        runs=runs,
        trained=trained,
    )
    with progress("reading the labels") as report:
        try:
            document = run_search_benchmark(spec, out, source, executor, workers, report)
        except KeyboardInterrupt:
            STDERR.print("stopped; the same command continues from what has been measured")
            raise typer.Exit(130) from None
    if json:
        typer.echo(json_module.dumps(document, allow_nan=False))
        return
    from benchmarks.search.console import show_search

    show_search(STDOUT, document)
