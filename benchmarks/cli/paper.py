"""`diswot benchmark paper`: the paper's claims, each with a verdict."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.cli.progress import progress
from benchmarks.runs.protocol import DEFAULTS
from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT
from diswot.errors import InputError
from diswot.labels.folder import data_folder
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_flags
from diswot.spec.score import ScoreSpec


@o.takes(
    *o.of(ScoreSpec, ComputeSpec, without=("score", "space", "device", "cache", "ray_address", "deadline")), **DEFAULTS
)
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
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of a NAS-Bench-201 run of the same protocol: its raw scores are used."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/paper-...]")] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Check the paper's claims; continues from what an earlier run has measured."""
    from benchmarks.paper.run import CHECKS, PaperSpec, run_paper

    folder = data or data_folder(os.environ)
    if folder is None:
        raise InputError("no folder of label tables: give --data, or set DISWOT_DATA")
    scored, compute = from_flags(ScoreSpec, o.given(options, **DEFAULTS)), from_flags(ComputeSpec, options)
    scored.check()
    spec = PaperSpec(
        data=folder,
        checks=tuple(dict.fromkeys(check or CHECKS)),
        teacher=scored.teacher,
        probe=scored.probe,
        seed=scored.seed,
        student_inits=scored.student_inits,
        teacher_inits=scored.teacher_inits,
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
            document = run_paper(spec, out, source, compute, report)
        except KeyboardInterrupt:
            STDERR.print("stopped; the same command continues from what has been measured")
            raise typer.Exit(130) from None
    if json:
        typer.echo(json_module.dumps(document, allow_nan=False))
        return
    from benchmarks.paper.console import show_paper

    show_paper(STDOUT, document)
