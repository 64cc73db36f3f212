"""`diswot teachers`: what there is, and what one of them is and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from diswot.cli import options as o
from diswot.cli.command import Command
from diswot.cli.console import STDERR, STDOUT, si
from diswot.cli.lists import print_table
from diswot.quantities import write_shape
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.spec import TEACHERS

if TYPE_CHECKING:
    from diswot.teachers.describe import Tap, TeacherDescription

app = typer.Typer(
    help="The teachers: what there is, and what one of them is and shows.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def teachers(context: typer.Context) -> None:
    """List the teachers."""
    if context.invoked_subcommand is None:
        print_table(["teacher", "what it is"], [[family.form, family.summary] for family in TEACHERS.values()])


@app.command(cls=Command)
@o.takes(*o.of(TeacherSpec, without=("teacher",)))
def show(
    name: Annotated[str, typer.Argument(help="Name of the teacher.")],
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Show what a teacher costs, and where its feature map, pooled features and head are seen."""
    from diswot.spec.document import from_flags

    spec = from_flags(TeacherSpec, {**options, "teacher": name})
    spec.check()
    with STDERR.status(f"running images through {spec.name}"):
        from diswot.teachers.describe import describe_teacher

        found = describe_teacher(spec)
    if json:
        typer.echo(found.model_dump_json())
    else:
        _print(found)


def _print(found: TeacherDescription) -> None:
    macs = "MACs unknown" if found.macs is None else f"{si(found.macs)} MACs"
    made_for = "" if found.made_for in (None, found.in_shape) else f" (made for {write_shape(found.made_for)})"
    STDOUT.print(f"{found.name} with {found.num_classes} classes", markup=False, style="bold", soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("costs", f"{found.params:,} parameters, {macs}")
    table.add_row("input", f"{write_shape(found.in_shape)}{made_for}")
    if found.mean is not None and found.std is not None:
        table.add_row("normalization", f"mean {_numbers(found.mean)}, std {_numbers(found.std)} of its trained weights")
    table.add_row("weights", found.weights)
    table.add_row("last map", _tap(found.last_map, "no feature map"))
    table.add_row("pooled", _tap(found.pooled, "no linear head reads any"))
    table.add_row("head", _tap(found.head, "no linear head"))
    table.add_row("nonlinearities", str(found.nonlinearities))
    STDOUT.print(table)


def _tap(tap: Tap | None, nothing: str) -> str:
    if tap is None:
        return nothing
    shape = " x ".join(map(str, tap.shape))
    return f"{shape}, of {tap.path} ({tap.module})" if tap.path else f"{shape}, of no single module"


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)
