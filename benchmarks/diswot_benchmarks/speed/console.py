"""The document of a throughput benchmark as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from diswot_benchmarks.runs.console import number, plain_table


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
    cells = []
    for row in rows:
        who = (row["score"], row["by"], row["dtype"], str(row["batch"]))
        where = f"{row['executor']} {row['workers']}x{row['threads']}"
        rate = (number(1000 * row["seconds_per_arch"], 1), number(row["archs_per_second"], 2))
        cells.append((*who, where, *rate, number(row["ratio"], 1), number(row["peak_rss_mib"], 0)))
    texts = ["score", "by", "dtype", "batch", "executor"]
    return plain_table(texts, ["ms/arch", "archs/s", "ratio", "MiB"], cells, gap=1)


def _roofline(dtype: str, found: dict[str, Any]) -> str:
    share = "" if found["share"] is None else f"; ours reaches {found['share']:.0%} of that"
    return (
        f"roofline {dtype}: {found['matrix_product_flops_per_second'] / 1e9:.0f} GFLOP/s, products "
        f"{1000 * found['seconds_of_products']:.1f} ms an architecture{share}"
    )
