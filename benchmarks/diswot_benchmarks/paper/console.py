"""The verdicts as a person reads them in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from diswot_benchmarks.runs.console import teacher_words

STYLES = {"holds": "green", "does not hold": "red", "cannot be told": "yellow"}


def show_paper(console: Console, document: dict[str, Any]) -> None:
    """Print each claim with its verdict, the interval that decides, and the command that repeats it."""
    d = document
    probe = f"probe {d['probe']}, {d['probe_size']} images; initializations of each student: {d['student_inits']}"
    console.print(f"{teacher_words(d)}; {probe}; seed {d['seed']}", markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 1, 0))
    table.add_column("claim of the paper", ratio=2)
    table.add_column("verdict", no_wrap=True)
    table.add_column("because", ratio=3)
    for claim in d["claims"]:
        verdict = f"[{STYLES[claim['verdict']]}]{claim['verdict']}[/]"
        table.add_row(claim["claim"], verdict, escape(claim["because"]))
    console.print(table)
    console.print(
        f"[low, high] are {d['interval']} intervals; each command stands in {d['out']}/paper.json", markup=False
    )
