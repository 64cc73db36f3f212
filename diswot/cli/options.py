"""Options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from diswot.errors import InputError
from diswot.teachers.spec import TeacherSpec
from search_spaces import Shape

TeacherOption = Annotated[str, typer.Option("--teacher", help="Who teaches; `diswot teachers` lists the names.")]
ClassesOption = Annotated[int, typer.Option("--classes", help="Classes of the task.")]
InputOption = Annotated[str, typer.Option("--input", help="Input of the networks, CHANNELSxHEIGHTxWIDTH.")]
WeightsOption = Annotated[
    Path | None, typer.Option("--weights", help="Trained weights of the teacher, a safetensors file.")
]
SpaceOption = Annotated[str, typer.Option("--space", help="Where to look; `diswot spaces` lists the names.")]
ScoreOption = Annotated[str, typer.Option("--score", help="What ranks; `diswot proxies` lists the names.")]
ProbeOption = Annotated[
    str,
    typer.Option(
        "--probe",
        help="Images: seeded leaves or noise, or your own: folder:PATH (a sub-folder a class), idx:PATH, cifar:PATH.",
    ),
]
ProbeSizeOption = Annotated[int, typer.Option("--probe-size", help="Images in the probe batch.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of everything random; the same seed gives the same result.")]
SeedsOption = Annotated[int, typer.Option("--seeds", help="Random initialisations of each student.")]
InitialisationsOption = Annotated[int, typer.Option("--initialisations", help="Random initialisations of the teacher.")]
ExecutorOption = Annotated[str, typer.Option("--executor", help="serial, processes or ray.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Workers; by default one for each core.")]
DeviceOption = Annotated[str, typer.Option("--device", help="Where networks run: cpu, cuda, cuda:1, ...")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]


def teacher_spec(name: str, classes: int, shape: str, weights: Path | None) -> TeacherSpec:
    """The teacher that the options name.

    Raises:
        InputError: one of them is wrong.
    """
    return TeacherSpec(name, classes, parse_shape(shape), weights)


def parse_shape(text: str) -> Shape:
    """`3x32x32` as numbers.

    Raises:
        InputError: anything else.
    """
    match = re.fullmatch(r"(\d+)x(\d+)x(\d+)", text)
    if match is None:
        raise InputError(f"an input is written CHANNELSxHEIGHTxWIDTH, such as 3x32x32, not {text!r}")
    channels, height, width = map(int, match.groups())
    return channels, height, width
