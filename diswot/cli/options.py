"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from diswot.errors import InputError
from diswot.teachers.spec import TeacherSpec
from search_spaces import Shape

Limit = TypeVar("Limit", int, float)

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
DtypeOption = Annotated[
    str, typer.Option("--dtype", help="What networks compute in: float32, or bfloat16 where the processor has it.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of everything random; the same seed gives the same result.")]
SeedsOption = Annotated[int, typer.Option("--seeds", help="Random initialisations of each student.")]
InitialisationsOption = Annotated[int, typer.Option("--initialisations", help="Random initialisations of the teacher.")]
ExecutorOption = Annotated[str, typer.Option("--executor", help="serial, processes or ray.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Workers; by default one for each core.")]
AddressOption = Annotated[
    str | None, typer.Option("--ray-address", help="HOST:PORT of a running Ray cluster; by default one is started.")
]
DeadlineOption = Annotated[
    float, typer.Option("--deadline", help="Seconds after which a measurement counts as hung, and its worker is ended.")
]
DeviceOption = Annotated[str, typer.Option("--device", help="Where networks run: cpu, cuda, cuda:1, ...")]
CacheOption = Annotated[bool, typer.Option("--cache/--no-cache", help="Use measurements that were made before.")]
MinParamsOption = Annotated[str | None, typer.Option("--min-params", help="Fewest parameters, such as 0.3M.")]
MaxParamsOption = Annotated[str | None, typer.Option("--max-params", help="Most parameters, such as 0.5M.")]
MinMacsOption = Annotated[str | None, typer.Option("--min-macs", help="Fewest multiply-accumulates an image.")]
MaxMacsOption = Annotated[str | None, typer.Option("--max-macs", help="Most of them, such as 80 MMACs.")]
MinMemoryOption = Annotated[str | None, typer.Option("--min-memory", help="Least peak of activations an image.")]
MaxMemoryOption = Annotated[str | None, typer.Option("--max-memory", help="Highest peak, such as 512 KiB or 2 MB.")]
MinLatencyOption = Annotated[str | None, typer.Option("--min-latency", help="Least latency; it will be measured.")]
MaxLatencyOption = Annotated[str | None, typer.Option("--max-latency", help="Most latency, such as 4ms; measured.")]
LatencyDeviceOption = Annotated[str, typer.Option("--latency-device", help="Where it is measured: cpu, cuda, ...")]
LatencyThreadsOption = Annotated[int, typer.Option("--latency-threads", help="Threads it is measured with.")]
LatencyBatchOption = Annotated[int, typer.Option("--latency-batch", help="Images it is measured for at once.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]


def limit(text: str | None, parse: Callable[[str], Limit]) -> Limit | None:
    """A limit as `parse` reads it, or none.

    Raises:
        InputError: `parse` cannot read it.
    """
    return None if text is None else parse(text)


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
