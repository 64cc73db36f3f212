"""The verdicts as a person reads them in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

STYLES = {"holds": "green", "does not hold": "red", "cannot be told": "yellow"}


def show_paper(console: Console, document: dict[str, Any]) -> None:
    """Print each claim with its verdict, the interval that decides, and the command that repeats it."""
    d = document
    weights = "random weights" if d["weights"] is None else f"weights {d['weights']}"
    protocol = (
        f"teacher {d['teacher']}, {d['classes']} classes, {weights}, {d['teacher_inits']} initialisations; "
        f"probe {d['probe']}, {d['probe_size']} images; {d['student_inits']} seeds from {d['seed']} per student"
    )
    console.print(protocol, markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 1, 0))
    table.add_column("claim of the paper", ratio=2)
    table.add_column("verdict", no_wrap=True)
    table.add_column("because", ratio=3)
    for claim in d["claims"]:
        table.add_row(claim["claim"], f"[{STYLES[claim['verdict']]}]{claim['verdict']}[/]", _plain(claim["because"]))
    console.print(table)
    console.print(
        f"[low, high] are {d['interval']} intervals; each command stands in {d['out']}/paper.json", markup=False
    )


def _plain(text: str) -> str:
    """Text whose brackets are no markup."""
    return text.replace("[", r"\[")
