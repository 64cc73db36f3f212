"""`diswot benchmark paper`: the paper's claims, each with a verdict."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.progress import progress
from benchmarks.runs.protocol import IMAGES
from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT
from diswot.errors import InputError
from diswot.labels.folder import data_folder
from diswot.probes.spec import DTYPES, SEEDED, ProbeSpec


def paper(
    data: Annotated[Path | None, typer.Option(help="Folder of the label tables. [default: DISWOT_DATA]")] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(help="students, similarities, speed or search; repeatable. [default: all of them]"),
    ] = None,
    evaluations: Annotated[int, typer.Option(help="Architectures that a search may evaluate.")] = 100,
    runs: Annotated[int, typer.Option(help="Searches of each kind, each with its own search seed.")] = 20,
    algorithm: Annotated[str, typer.Option(help="Who searches.")] = "random",
    label_noise: Annotated[float, typer.Option(help="Standard deviation of one training's accuracy, points.")] = 0.2,
    timed: Annotated[int, typer.Option(help="Architectures on which evaluation and training are timed.")] = 8,
    steps: Annotated[int, typer.Option(help="Training steps that are timed on each.")] = 2,
    epochs: Annotated[int, typer.Option(help="Epochs of the training that an evaluation replaces.")] = 12,
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
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of a NAS-Bench-201 run of the same protocol: its raw scores are used."),
    ] = None,
    executor: o.ExecutorOption = "processes",
    workers: o.WorkersOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/paper-...]")] = None,
    json: o.JsonOption = False,
) -> None:
    """Check the paper's claims; continues from what an earlier run has measured."""
    from benchmarks.paper.run import CHECKS, PaperSpec, run_paper

    folder = data or data_folder(os.environ)
    if folder is None:
        raise InputError("no folder of label tables: give --data, or set DISWOT_DATA")
    spec = PaperSpec(
        data=folder,
        checks=tuple(dict.fromkeys(check or CHECKS)),
        teacher=o.teacher_spec(teacher, classes, in_shape, weights),
        probe=ProbeSpec(probe, probe_size, dtype),
        seed=seed,
        seeds=seeds,
        initialisations=initialisations,
        label_noise=label_noise,
        evaluations=evaluations,
        runs=runs,
        algorithm=algorithm,
        timed=timed,
        steps=steps,
        epochs=epochs,
    )
    with progress("reading the tables") as report:
        try:
            document = run_paper(spec, out, source, executor, workers, report)
        except KeyboardInterrupt:
            STDERR.print("stopped; the same command continues from what has been measured")
            raise typer.Exit(130) from None
    if json:
        typer.echo(json_module.dumps(document, allow_nan=False))
        return
    from benchmarks.paper.console import show_paper

    show_paper(STDOUT, document)
