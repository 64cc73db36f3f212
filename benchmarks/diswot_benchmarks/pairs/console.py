"""What tells teachers apart, as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from diswot_benchmarks.runs.console import number, plain_table


def show_pairs(console: Console, payload: dict[str, Any]) -> None:
    """Print the share of contrasts of which each predictor names the better teacher, beside chance and the ceiling."""
    console.print(
        f"{payload['contrasts']} contrasts: one student under two teachers, within one study, data set and method. "
        "Share of which a predictor names the better teacher (chance: .5), each student of a study counted once, with "
        "95% intervals over these. Ceiling: another training of both, at a standard deviation of "
        f"{payload['deviation']:.2f} points.",
        soft_wrap=True,
        highlight=False,
    )
    rows = [
        (
            row["predictor"],
            str(row["contrasts"]),
            str(row["groups"]),
            number(row["right"]),
            "too few" if row["low"] is None else f"{row['low']:.2f}..{row['high']:.2f}",
            number(row["ceiling"]),
        )
        for row in payload["rows"]
    ]
    console.print(plain_table(["predictor"], ["contrasts", "students", "right", "interval", "ceiling"], rows))
