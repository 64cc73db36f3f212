"""The report: one HTML file with tables, figures and protocol, which opens without a network."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from diswot.report.html import render
from diswot.storage.atomic import atomic_write
from diswot_benchmarks.correlation.console import footer, header, interval
from diswot_benchmarks.correlation.score_table import ScoreTable
from diswot_benchmarks.correlation.tables import load_run
from diswot_benchmarks.runs.console import number
from diswot_benchmarks.statistics.bootstrap import STATISTICS

PACKAGE = "diswot_benchmarks.correlation"


def write_page(path: Path, folder: Path, payload: dict[str, Any]) -> None:
    """Write the report of a run, whole or not at all.

    Args:
        path: of the HTML file.
        folder: of the run.
        payload: its table.
    """
    _, raw, _ = load_run(folder)
    page = render(
        PACKAGE,
        "report.html",
        title=f"Which proxy ranks {payload['space']}?",
        protocol=list(header(payload)),
        columns=[_column(name, payload, raw) for name in payload["columns"]],
        baselines=payload["baselines"],
        statistics=STATISTICS,
        resampling=payload["statistics"],
        notes=list(footer(payload))[1:],
        number=number,
        interval=interval,
        command=payload["timings"]["command"],
        folder=shlex.quote(str(folder)),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, page)


def _column(name: str, payload: dict[str, Any], raw: ScoreTable) -> dict[str, Any]:
    """What the page says about one accuracy column."""
    from diswot_benchmarks.correlation.figures import cost, forest, scatter

    rows = [row for row in payload["rows"] if row["column"] == name]
    best = {}
    for statistic in STATISTICS:
        values = [row[statistic] for row in rows if row[statistic] is not None]
        best[statistic] = (min if statistic == "regret" else max)(values, default=None)
    return {
        "name": name,
        "n": rows[0]["n"],
        "rows": rows,
        "best": best,
        "figures": [
            (forest(rows, payload["baselines"]), f"Kendall tau-b of each proxy against {name}, best first."),
            (cost(rows, payload["baselines"]), f"What a proxy costs, and how well it ranks {name}."),
            (scatter(raw, rows), f"Each architecture once: its score, mean over the seeds, and {name}."),
        ],
    }
