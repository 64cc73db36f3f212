"""`diswot benchmark`: what the project claims, as commands; one file each."""

import typer

from benchmarks.cli import ablation, correlation, paper, report, scaling, search, throughput

app = typer.Typer(
    help="What the project claims, measured.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(correlation.correlation)
app.command()(report.report)
app.command()(ablation.ablation)
app.command()(search.search)
app.command()(paper.paper)
app.command()(throughput.throughput)
app.command()(scaling.scaling)

__all__ = ["app"]
