"""`diswot benchmark throughput`: what a score costs, beside what others cost and what the machine allows."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.cli.progress import progress
from diswot.cli import options as o
from diswot.cli.console import STDOUT


def throughput(
    architectures: Annotated[int, typer.Option("--archs", help="Architectures of NAS-Bench-201, drawn by seed.")] = 16,
    rounds: Annotated[int, typer.Option(help="Times that everybody scores each of them.")] = 3,
    batch: Annotated[int, typer.Option(help="Images in the probe; `default` brings its own number.")] = 64,
    teacher: Annotated[str, typer.Option(help="A CIFAR ResNet, or nasbench201:ARCH.")] = "resnet56",
    classes: Annotated[int, typer.Option(help="Classes of the task.")] = 10,
    threads: Annotated[int | None, typer.Option(help="Threads, and workers of pools. [default: one a core]")] = None,
    seed: o.SeedOption = 0,
    device: o.DeviceOption = "cpu",
    ray: Annotated[bool, typer.Option("--ray", help="Time a Ray cluster of this machine, too.")] = False,
    score: Annotated[
        list[str] | None, typer.Option(help="Score that is timed; repeatable. [default: every one there is]")
    ] = None,
    json: o.JsonOption = False,
) -> None:
    """Time the published algorithm, ours, other proxies and the machine on the same architectures, in one run."""
    from benchmarks.speed.contestants import SCORES, ThroughputSpec
    from benchmarks.speed.throughput import run_throughput

    spec = ThroughputSpec(
        architectures,
        rounds,
        batch,
        teacher,
        classes,
        threads,
        seed,
        device,
        ray,
        tuple(dict.fromkeys(score or SCORES)),
    )
    with progress("preparing") as report:
        payload = run_throughput(spec, report)
    if json:
        typer.echo(json_module.dumps(payload, allow_nan=False))
    else:
        show_throughput(STDOUT, payload)


def show_throughput(console: Console, payload: dict[str, Any]) -> None:
    """Print the document of a throughput benchmark for people."""
    protocol = payload["protocol"]
    console.print(
        f"{len(protocol['archs'])} architectures of {protocol['space']}, batch {protocol['batch']}, "
        f"{protocol['classes']} classes, teacher {protocol['teacher']}, medians of {protocol['rounds']} rounds on "
        f"{protocol['device']} ({protocol['processor']}), load before {protocol['load_before']:.1f}",
        markup=False,
        soft_wrap=True,
    )
    console.print(_rows(payload["rows"]))
    console.print("executor: processes x threads of each; MiB: peak memory of them together", markup=False)
    for dtype, roofline in payload["roofline"].items():
        console.print(_roofline(dtype, roofline), markup=False, soft_wrap=True)
    console.print("Where the time goes, in percent:", style="bold")
    console.print(_breakdown(payload["breakdown"]))


def _rows(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for name in ("score", "by", "dtype", "batch", "executor"):
        table.add_column(name, no_wrap=True)
    for name in ("ms/arch", "archs/s", "ratio", "MiB"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        where = f"{row['executor']} {row['workers']}x{row['threads']}"
        numbers = (f"{1000 * row['seconds_per_arch']:.1f}", f"{row['archs_per_second']:.2f}", f"{row['ratio']:.1f}")
        peak = "–" if row["peak_rss_mib"] is None else f"{row['peak_rss_mib']:.0f}"
        table.add_row(row["score"], row["by"], row["dtype"], str(row["batch"]), where, *numbers, peak)
    return table


def _roofline(dtype: str, found: dict[str, Any]) -> str:
    rates = (
        f"{found['matrix_product_flops_per_second'] / 1e9:.0f} GFLOP/s, {found['copy_bytes_per_second'] / 1e9:.1f} GB/s"
    )
    bounds = f"products {1000 * found['seconds_of_products']:.1f} ms, maps {1000 * found['seconds_of_maps']:.1f} ms"
    return f"roofline {dtype}: {rates}; {bounds} an architecture; ours reaches {found['share']:.0%} of the bound"


def _breakdown(shares: dict[str, dict[str, float]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for title in shares:
        table.add_column(title, justify="right", max_width=13)
    for category in next(iter(shares.values()), {}):
        table.add_row(category, *(f"{found[category]:.1f}" for found in shares.values()))
    return table
