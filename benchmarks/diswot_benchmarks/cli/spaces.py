"""`diswot benchmark spaces`: how fast the search spaces are."""

from __future__ import annotations

from typing import Annotated

import typer

from diswot.cli import options as o
from diswot_benchmarks.cli.deliver import deliver


def spaces(
    archs: Annotated[
        int, typer.Option(help="Architectures that each space draws, mutates and costs in a round.")
    ] = 5_000,
    seed: o.SeedOption = 0,
    json: o.JsonOption = False,
) -> None:
    """Count the architectures a second that each search space draws, mutates and costs."""
    from diswot_benchmarks.speed.spaces import run_space_speed, show_space_speed

    deliver("preparing", lambda report: run_space_speed(archs, seed, report), show_space_speed, json)
