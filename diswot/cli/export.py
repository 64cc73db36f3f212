"""`diswot export`: the student in hand."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT, si
from diswot.errors import InputError
from diswot.spec.score import ScoreSpec
from diswot.spec.teacher import TeacherSpec

if TYPE_CHECKING:
    from diswot.export.document import NetworkDocument

FORMATS = "json, onnx, python, svg, torch or torchscript"


def export(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    arch: Annotated[str | None, typer.Argument(help="Architecture to export, as its space writes it.")] = None,
    space: Annotated[str | None, o.help_of(ScoreSpec, "space")] = None,
    classes: Annotated[int | None, o.help_of(TeacherSpec, "classes")] = None,
    image: Annotated[str | None, o.help_of(TeacherSpec, "input")] = None,
    search: Annotated[
        Path | None, typer.Option(help="Folder or result.json of a search, or a network as JSON, instead of ARCH.")
    ] = None,
    student: Annotated[
        str | None, typer.Option(help="Student of the search: best, a rank from 1, or its string. [default: best]")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", help=f"One of {FORMATS}. [default: what the name of the file ends in]")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="File of weights to export with it; random ones by seed if left out.")
    ] = None,
    seed: o.SeedOption = 0,
    json: o.JsonOption = False,
) -> None:
    """Write a student as JSON, Python, ONNX, TorchScript, torch checkpoint or picture."""
    document = _document(arch, space, classes, image, search, student)
    with STDERR.status(f"writing {out}"):
        from diswot.export import export_network

        files = export_network(document, out, form, weights, seed)
    if json:
        typer.echo(json_module.dumps({**document.model_dump(mode="json"), "files": list(map(str, files))}))
        return
    STDOUT.print(
        f"{document.title}: {document.params:,} parameters, {si(document.macs)} MACs", markup=False, soft_wrap=True
    )
    for file in files:
        STDOUT.print(f"  {file}", markup=False, soft_wrap=True)


def _document(
    arch: str | None,
    space: str | None,
    classes: int | None,
    image: str | None,
    search: Path | None,
    student: str | None,
) -> NetworkDocument:
    """The network that is asked for, by its string or by a search."""
    from diswot.export.document import BEST, describe, read_network
    from diswot.spec.document import from_flags

    if search is not None:
        said = {"ARCH": arch, "--space": space, "--classes": classes, "--input": image}
        if wrong := [name for name, value in said.items() if value is not None]:
            raise InputError(f"--search says which network it is: leave out {', '.join(wrong)}")
        return read_network(search, student or BEST)
    if student is not None:
        raise InputError("--student is one of a search: name its folder with --search")
    if arch is None:
        raise InputError("name an architecture, such as 3-3-3 with --space cifar-resnet, or a search with --search")
    given = {"space": space, "classes": classes, "input": image}
    spec = from_flags(ScoreSpec, {"teacher": "resnet20", **given})  # a student is no matter of its teacher's
    return describe(spec.space, arch, spec.teacher.num_classes, spec.teacher.in_shape)
