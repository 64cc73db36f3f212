"""`diswot benchmark scaling`: what executors cost, and what the driver of a search costs."""

from __future__ import annotations

from typing import Annotated

import typer

from diswot.cli import options as o
from diswot_benchmarks.cli.deliver import deliver


def scaling(
    evaluations: Annotated[
        int, typer.Option(help="Architectures that each executor measures, in batches of 20.")
    ] = 160,
    seed: o.SeedOption = 0,
    json: o.JsonOption = False,
) -> None:
    """Measure the speed, start-up and memory of each executor, and what the driver costs."""
    from diswot_benchmarks.scaling.console import show_scaling
    from diswot_benchmarks.scaling.run import run_scaling, spec_of

    spec = spec_of(evaluations, seed)
    deliver("preparing", lambda report: run_scaling(spec, report), show_scaling, json)
