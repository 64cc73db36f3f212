"""`diswot benchmark scaling`: what executors cost, and how far one driver scales."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.cli.progress import progress
from diswot.cli import options as o
from diswot.cli.console import STDOUT


def scaling(
    evaluations: Annotated[
        int, typer.Option(help="Architectures that each executor measures, in batches of 20.")
    ] = 160,
    seed: o.SeedOption = 0,
    json: o.JsonOption = False,
) -> None:
    """Measure the speed, start-up and memory of each executor, and what the driver costs."""
    from benchmarks.scaling.run import run_scaling

    with progress("preparing") as report:
        payload = run_scaling(evaluations, seed, report)
    if json:
        typer.echo(json_module.dumps(payload, allow_nan=False))
    else:
        show_scaling(STDOUT, payload)


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
    driver = payload["driver"]
    for name, cost in driver["driver_ms_per_evaluation"].items():
        console.print(f"driver of a search, {name}: {cost:.2f} ms of CPU an evaluation")
    store = driver["object_store"]
    console.print(
        f"object store: {store['mib']:.2f} MiB once, put in {store['put_ms']:.1f} ms, got in {store['get_ms']:.1f} ms"
    )


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
