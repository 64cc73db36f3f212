"""`diswot benchmark ablation`: what each term of a score is worth."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from diswot.cli import options as o
from diswot.cli.console import STDOUT


def ablation(
    source: Annotated[Path, typer.Option("--from", help="Folder of a finished run that asked for the score.")],
    score: o.ScoreOption = "default",
    json: o.JsonOption = False,
) -> None:
    """Say what each term of a score is worth: alone, and left out."""
    from benchmarks.correlation.ablation import ablation_table
    from benchmarks.correlation.console import show_ablation

    payload = ablation_table(source, score)
    if json:
        typer.echo(json_module.dumps(payload, allow_nan=False))
    else:
        show_ablation(STDOUT, payload)
