"""A validation as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from diswot_benchmarks.runs.console import number, plain_table
from diswot_benchmarks.validation.run import IN_SAMPLE, LEFT_OUT

JUDGED = ("default", IN_SAMPLE, LEFT_OUT)
"""Scores that are shown with their intervals."""


def show_validation(console: Console, payload: dict[str, Any]) -> None:
    """Print what was chosen, and how well it ranks where it was chosen and where it was not."""
    rows = payload["rows"]
    others = [name for name in rows[0]["scores"] if name not in JUDGED]
    judged = [[*_of(row), *(_with_interval(row["scores"][name]) for name in JUDGED)] for row in rows]
    counted = [[*_of(row), *(number(row["scores"][name]["tau"]) for name in others)] for row in rows]
    console.print("Kendall's tau-b with 95% bootstrap intervals; left out: chosen on all tables but this one.")
    console.print(plain_table(["column"], ["n", *JUDGED], judged, gap=1, widest=10))
    console.print(plain_table(["column"], ["n", *others], counted, gap=1, widest=10))
    console.print(f"Of {payload['formulas']:,} formulas all tables choose", markup=False)
    console.print(f"  {payload['chosen']}", markup=False, soft_wrap=True)
    for truth, formula in payload["left_out"].items():
        console.print(f"and without {truth}\n  {formula}", markup=False, soft_wrap=True)
    console.print(f"Took {payload['seconds']:.0f} s; raw scores: {payload['out']}", markup=False, soft_wrap=True)


def _of(row: dict[str, Any]) -> tuple[str, str]:
    """Space and column, and how many architectures."""
    return f"{row['space']}\n{row['column']}", str(row["n"])


def _with_interval(figures: dict[str, float | None]) -> str:
    tau, low, high = (number(figures[name], signs) for name, signs in (("tau", 3), ("low", 2), ("high", 2)))
    return f"{tau}\n{low}..{high}"
