"""The document of a scaling benchmark as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from diswot_benchmarks.runs.console import number, plain_table


def show_scaling(console: Console, payload: dict[str, Any]) -> None:
    """Print the document of a scaling benchmark for people."""
    protocol = payload["protocol"]
    console.print(
        f"{protocol['evaluations']} evaluations each, in turns of {protocol['batch']}: {protocol['score']} score of "
        f"{protocol['space']} under {protocol['teacher']}; {protocol['cores']} cores, load before "
        f"{protocol['load_before']:.1f}",
        soft_wrap=True,
    )
    rates = ("evaluations_per_second", 2), ("startup_seconds", 1), ("peak_rss_mib", 0)
    cells = [
        (
            row["executor"],
            str(row["workers"]),
            str(row["threads"]),
            *(number(row[name], signs) for name, signs in rates),
        )
        for row in payload["rows"]
    ]
    heads = ["workers", "threads", "evaluations/s", "start-up s", "peak MiB"]
    console.print(plain_table(["executor"], heads, cells))
    for name, ratio in payload["ratios"].items():
        low, high = payload["ratios_from_to"][name]
        console.print(f"{name.replace('_', ' ')}: {ratio:.3f}, median of rounds from {low:.3f} to {high:.3f}")
    for name, cost in payload["driver"].items():
        console.print(f"driver of a search, {name}: {cost:.2f} ms of CPU an evaluation")
