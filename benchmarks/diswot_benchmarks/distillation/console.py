"""The document of a distillation benchmark as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from diswot_benchmarks.runs.console import number, plain_table


def show_distillation(console: Console, found: dict[str, Any]) -> None:
    """Print the document of a distillation benchmark for people."""
    p = found["protocol"]
    console.print(
        f"{p['student']} under {p['teacher']}, images {'x'.join(map(str, p['input']))} of {p['data']}: "
        f"{p['rounds']} rounds of {p['batches']} batches of {p['batch']}, {p['threads']} threads, "
        f"load before {p['load_before']:.1f}",
        soft_wrap=True,
        markup=False,
    )
    cells = [
        (row["entrant"], number(row["images_per_second"], 1), number(row["images_per_cpu_second"], 1))
        for row in found["rows"]
    ]
    console.print(plain_table(["steps by"], ["images/s", "images/s of CPU"], cells))
    for title, ratio in found["ratios"].items():
        low, high = ratio["low"], ratio["high"]
        console.print(f"{title}: {ratio['median']:.3f} of its CPU time, rounds from {low:.3f} to {high:.3f}")
