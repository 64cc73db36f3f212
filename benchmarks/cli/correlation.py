"""`diswot benchmark correlation`: how well proxies rank, against a label table."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.cli.progress import progress
from benchmarks.labels.units import Duplicates
from benchmarks.runs.protocol import IMAGES
from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT
from diswot.executors import DEADLINE
from diswot.labels.folder import find_table
from diswot.probes.spec import DTYPES, SEEDED, ProbeSpec


def correlation(
    labels: Annotated[
        Path, typer.Option(help="The label table: CSV with `arch` and accuracies; also looked up in DISWOT_DATA.")
    ],
    column: Annotated[list[str] | None, typer.Option(help="Accuracy column to rank against; repeatable.")] = None,
    space: o.SpaceOption = "nasbench201",
    proxy: Annotated[list[str] | None, typer.Option(help="Proxy or score; repeatable. [default: default]")] = None,
    sample: Annotated[int | None, typer.Option(help="Architectures to draw by seed; all if left out.")] = None,
    duplicates: Annotated[
        Duplicates, typer.Option(help="How architectures that are the same function count.")
    ] = Duplicates.ONCE,
    teacher: o.TeacherOption = "resnet56",
    classes: o.ClassesOption = 100,
    in_shape: o.InputOption = "3x32x32",
    weights: o.WeightsOption = None,
    probe: o.ProbeOption = SEEDED[0],
    probe_size: o.ProbeSizeOption = IMAGES,
    dtype: o.DtypeOption = DTYPES[0],
    seed: o.SeedOption = 0,
    seeds: o.SeedsOption = 2,
    initialisations: o.InitialisationsOption = 8,
    executor: o.ExecutorOption = "processes",
    workers: o.WorkersOption = None,
    ray_address: o.AddressOption = None,
    deadline: o.DeadlineOption = DEADLINE,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/correlation-...]")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of an earlier run of the same protocol: only what it lacks is measured."),
    ] = None,
    json: o.JsonOption = False,
) -> None:
    """Rank architectures by proxies and compare with what they really reach; continues a run that was stopped."""
    from benchmarks.runs.protocol import CorrelationSpec

    spec = CorrelationSpec(
        labels=find_table(labels, os.environ),
        columns=tuple(dict.fromkeys(column or ())),
        teacher=o.teacher_spec(teacher, classes, in_shape, weights),
        space=space,
        proxies=tuple(dict.fromkeys(proxy or ("default",))),
        probe=ProbeSpec(probe, probe_size, dtype),
        sample=sample,
        duplicates=duplicates,
        seed=seed,
        seeds=seeds,
        initialisations=initialisations,
    )
    from benchmarks.correlation.run import run_correlation
    from benchmarks.correlation.tables import correlation_table

    with progress("reading the labels and observing the teacher") as report:
        try:
            folder = run_correlation(spec, out, executor, workers, report, ray_address, deadline, source)
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
