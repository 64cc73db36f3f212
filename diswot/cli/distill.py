"""`diswot distill` and `diswot evaluate`: from a recommended student to a trained one, and what it is worth."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT, si
from diswot.cli.interrupt import saying
from diswot.cli.resume import refuse_given
from diswot.errors import InputError
from diswot.spec.distillation import DistillSpec
from diswot.spec.images import DataSpec
from diswot.spec.option import Declared

if TYPE_CHECKING:
    from diswot.distillation.judging import Judgement
    from diswot.distillation.record import DistillReport
    from diswot.report.result import Result

BEST = "best"
"""What stands for the student that a search recommends."""


def _renamed(one: Declared) -> Declared:
    """The teacher's weights by a longer name: there are others in a distillation."""
    if one.path == ("teacher", "weights"):
        return replace(one, option=replace(one.option, flag="teacher-weights"))
    return one


OPTIONS = [_renamed(one) for one in o.of(DistillSpec)]


@o.takes(*OPTIONS)
def distill(
    context: typer.Context,
    search: Annotated[
        Path | None,
        typer.Option(help="Folder of a finished search, which says teacher, classes, images and students."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for weights, report and checkpoints; new or empty.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Folder of an interrupted distillation, which goes on with the settings it began with."),
    ] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Train a student under its teacher, and judge it beside what it would be without one.

    The student is a network such as cifar-resnet:3-3-3; with --search it is best, or the rank or the string of another
    student of the result.
    """
    if resume is not None:
        refuse_given(context, {"resume", "json"})
        from diswot.distillation.folder import read_spec

        folder, spec = resume, read_spec(resume)
    else:
        if out is None:
            raise InputError("--out must be given: the folder for weights, report and checkpoints")
        spec = spec_of(options, search)
        spec.check()
        from diswot.distillation.folder import check_empty

        folder = out
        check_empty(folder)
    from diswot.distillation.display import TrainingDisplay
    from diswot.distillation.job import run_distillation

    again = f"diswot distill --resume {shlex.quote(str(folder))}"
    with saying(f"interrupted; go on with: {again}"), TrainingDisplay(STDERR) as display:
        report = run_distillation(spec, folder, display.tell)
    if json:
        typer.echo(report.model_dump_json())
    else:
        _show(report, folder)


def evaluate(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished distillation.")],
    data: Annotated[str | None, o.help_of(DataSpec, "data")] = None,
    json: o.JsonOption = False,
) -> None:
    """Judge a distilled student on test images, by default on those of its own data set."""
    from diswot.distillation.student import load_student

    student = load_student(folder)
    found = student.evaluate(None if data is None else DataSpec(data))
    if json:
        typer.echo(found.model_dump_json())
        return
    STDOUT.print(f"{student.architecture['network']}, on {found.images:,} test images:", markup=False, soft_wrap=True)
    _show_judgement(found, student.architecture["classes"])


def spec_of(options: Mapping[str, Any], search: Path | None) -> DistillSpec:
    """What is asked, with the teacher and the task of a search where one is named."""
    from diswot.spec.document import from_flags, from_json, nested, to_json

    if search is None:
        renamed = {("weights" if name == "teacher_weights" else name): value for name, value in options.items()}
        return from_flags(DistillSpec, renamed)
    from diswot.report.files import read_result
    from diswot.search.checkpoint import RESULT

    if not (search / RESULT).exists():
        raise InputError(f"--search {str(search)!r} holds no finished search: it has no {RESULT}")
    result = read_result(search / RESULT)
    given = nested(options, OPTIONS)
    teacher = to_json(result.search.teacher) | given.get("teacher", {})
    return from_json(DistillSpec, given | {"teacher": teacher, "student": _student(result, given.get("student", BEST))})


def _student(result: Result, which: str) -> str:
    """The student of a result that is meant by `best`, by its rank or by its string; other names stay as they are."""
    found = {str(one.rank): one.arch for one in result.students} | {one.arch: one.arch for one in result.students}
    found[BEST] = result.recommended.arch
    return f"{result.search.space}:{found[which]}" if which in found else which


def _show(report: DistillReport, folder: Path) -> None:
    from diswot.distillation.record import said

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("network", overflow="fold")
    table.add_column("training")
    for name in ("test accuracy", "ECE", "as teacher", "parameters", "MACs"):
        table.add_column(name, justify="right", no_wrap=name != "as teacher")
    if report.teacher is not None and not report.spec.train_teacher:
        accuracy, ece = f"{report.teacher.accuracy:.2%}", f"{report.teacher.ece:.3f}"
        table.add_row(report.spec.teacher.name, "teacher", accuracy, ece, "", "", "")
    for one in report.groups:
        same = "" if one.agreement is None else f"{one.agreement:.1%}"
        table.add_row(one.network, one.kind, said(one), f"{one.ece:.3f}", same, f"{one.params:,}", si(one.macs))
    STDOUT.print(table, markup=False)
    STDOUT.print(
        f"Files: {folder}/student.safetensors, student.json, report.json, report.html.", markup=False, soft_wrap=True
    )


def _show_judgement(found: Judgement, classes: list[str]) -> None:
    STDOUT.print(f"  accuracy {found.accuracy:.2%}, cross-entropy {found.cross_entropy:.4f}, ECE {found.ece:.4f}")
    table = Table("class", "accuracy", box=None, pad_edge=False, header_style="bold")
    for name, value in zip(classes, found.per_class, strict=True):
        table.add_row(name, f"{value:.1%}")
    STDOUT.print(table, markup=False)
