"""The document of a throughput benchmark as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


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
    share = "" if found["share"] is None else f"; ours reaches {found['share']:.0%} of that"
    return (
        f"roofline {dtype}: {found['matrix_product_flops_per_second'] / 1e9:.0f} GFLOP/s, products "
        f"{1000 * found['seconds_of_products']:.1f} ms an architecture{share}"
    )
