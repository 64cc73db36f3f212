"""`diswot benchmark pairs`: whether anything tells which of two teachers a student gains more from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from diswot.cli import options as o
from diswot.labels.folder import find_table
from diswot_benchmarks.cli.deliver import deliver


def pairs(
    labels: Annotated[Path, typer.Option(help="Table of published results; also looked up in DISWOT_DATA.")] = Path(
        "pairs.csv"
    ),
    seed: o.SeedOption = 0,
    json: o.JsonOption = False,
) -> None:
    """Say whether a score of an untrained pair, or a count, names the teacher that a student gains more from."""
    from diswot_benchmarks.pairs.console import show_pairs
    from diswot_benchmarks.pairs.run import run_pairs

    table = find_table(labels, os.environ)
    deliver("reading the pairs", lambda report: run_pairs(table, seed, report), show_pairs, json)
