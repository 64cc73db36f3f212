"""`diswot benchmark`: what the project claims, as commands."""

import typer

from diswot.cli.command import Command
from diswot_benchmarks.cli import (
    correlation,
    distillation,
    pairs,
    paper,
    scaling,
    search,
    spaces,
    throughput,
    truth,
    validate,
)

app = typer.Typer(
    help="What the project claims, measured.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(cls=Command)(correlation.correlation)
app.command(cls=Command)(correlation.report)
app.command(cls=Command)(correlation.ablation)
app.command(cls=Command)(search.search)
app.command(cls=Command)(paper.paper)
app.command(cls=Command)(throughput.throughput)
app.command(cls=Command)(scaling.scaling)
app.command(cls=Command)(spaces.spaces)
app.command(cls=Command)(truth.truth)
app.command(cls=Command)(distillation.distillation)
app.command(cls=Command)(validate.validate)
app.command(cls=Command)(pairs.pairs)

__all__ = ["app"]
