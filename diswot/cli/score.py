"""`diswot score`: what one architecture's score is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT, si
from diswot.spec.compute import ComputeSpec
from diswot.spec.score import ScoreSpec
from diswot_spaces import get_space

if TYPE_CHECKING:
    from diswot.report.explanation import Explanation


@o.takes(*o.of(ScoreSpec, ComputeSpec))
def score(
    arch: Annotated[str, typer.Option(help="Architecture to score, as its space writes it.")],
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Explain the score of one architecture, component by component."""
    from diswot.spec.document import from_flags

    spec = from_flags(ScoreSpec, options)
    spec.check()
    wanted = get_space(spec.space).decode(arch)
    compute = from_flags(ComputeSpec, options)
    from diswot.workflow import explain

    with STDERR.status(f"scoring against {spec.teacher.name}"):
        explanation = explain(spec, wanted, compute)
    if json:
        typer.echo(explanation.model_dump_json())
    else:
        _print(explanation)


def _print(explanation: Explanation) -> None:
    one = explanation.student
    STDOUT.print(one.arch, markup=False, style="bold", soft_wrap=True)
    if explanation.canonical_of != one.arch:
        STDOUT.print(f"  the canonical form of {explanation.canonical_of}", markup=False, soft_wrap=True)
    stderr = (
        ""
        if one.stderr is None
        else f" ± {one.stderr:.4f} (standard error over {explanation.student_inits} initializations)"
    )
    STDOUT.print(
        f"  {explanation.score} score {one.score:.4f}{stderr} for the teacher {explanation.teacher}", markup=False
    )
    STDOUT.print(f"  {one.params:,} parameters, {si(one.macs)} MACs, {one.depth} layers")
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ["raw value", "weight", "adds", *(["better than"] if explanation.reference else [])]
    for name in ("component", "what it is", *numbers):
        table.add_column(name, justify="right" if name in numbers else "left")
    for part in explanation.parts:
        share = [] if part.better_than is None else [f"{part.better_than:.0%} of the space"]
        table.add_row(part.name, part.summary, f"{part.raw:.6g}", f"{part.weight:g}", f"{part.adds:+.4f}", *share)
    STDOUT.print(table)
    if explanation.reference:
        STDOUT.print(
            f"'Better than' is taken against a reference sample of {explanation.reference} random architectures."
        )
