"""The document of a scaling benchmark as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def show_scaling(console: Console, payload: dict[str, Any]) -> None:
    """Print the document of a scaling benchmark for people."""
    protocol = payload["protocol"]
    console.print(
        f"{protocol['evaluations']} evaluations each, in turns of {protocol['batch']}: {protocol['score']} score of "
        f"{protocol['space']} under {protocol['teacher']}; {protocol['cores']} cores, load before "
        f"{protocol['load_before']:.1f}",
        soft_wrap=True,
    )
    console.print(_rows(payload["rows"]))
    for name, ratio in payload["ratios"].items():
        low, high = payload["ratios_from_to"][name]
        console.print(f"{name.replace('_', ' ')}: {ratio:.3f}, median of rounds from {low:.3f} to {high:.3f}")
    for name, cost in payload["driver"].items():
        console.print(f"driver of a search, {name}: {cost:.2f} ms of CPU an evaluation")


def _rows(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("executor")
    for name in ("workers", "threads", "evaluations/s", "start-up s", "peak MiB"):
        table.add_column(name, justify="right")
    for row in rows:
        figures = (
            f"{row['evaluations_per_second']:.2f}",
            f"{row['startup_seconds']:.1f}",
            f"{row['peak_rss_mib']:.0f}",
        )
        table.add_row(row["executor"], str(row["workers"]), str(row["threads"]), *figures)
    return table
