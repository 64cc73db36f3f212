"""`diswot benchmark`: what the project claims, as commands."""

import typer

from benchmarks.cli import correlation, paper, scaling, search, throughput

app = typer.Typer(
    help="What the project claims, measured.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(correlation.correlation)
app.command()(correlation.report)
app.command()(correlation.ablation)
app.command()(search.search)
app.command()(paper.paper)
app.command()(throughput.throughput)
app.command()(scaling.scaling)

__all__ = ["app"]
