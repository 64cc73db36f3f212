"""The figure of a search benchmark: accuracy found against evaluations, a panel for each budget and algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, ScalarFormatter

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette; markers tell the proxies apart where colours cannot."""

MARKERS = "osD^vP"


def write_figure(path: Path, document: dict[str, Any]) -> None:
    """Draw mean and interval of every proxy, beside the best of each budget and what a blind pick gives.

    Args:
        path: of the PNG file.
        document: of a search benchmark.
    """
    rows = document["rows"]
    budgets = list(dict.fromkeys(row["budget"] for row in rows))
    algorithms = list(dict.fromkeys(row["algorithm"] for row in rows))
    with rc_context({"font.size": 9.0, "axes.spines.top": False, "axes.spines.right": False}):
        size = (1.6 + 2.9 * len(algorithms), 1.1 + 2.1 * len(budgets))
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(len(budgets), len(algorithms), squeeze=False, sharex=True, sharey="row")
        for line, budget in zip(panels, budgets, strict=True):
            for axes, algorithm in zip(line, algorithms, strict=True):
                found = [row for row in rows if (row["budget"], row["algorithm"]) == (budget, algorithm)]
                _panel(axes, found, document["evaluations"])
            line[0].set_ylabel(f"{budget_name(budget)}\naccuracy (percent)")
        for axes, algorithm in zip(panels[0], algorithms, strict=True):
            axes.set_title(algorithm, fontsize=10)
        for axes in panels[-1]:
            axes.set_xlabel("evaluations")
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
        figure.supxlabel(f"{document['column']}; bands: {document['runs']} runs, 95% of the mean", fontsize=8)
        partial = path.with_name(f".{path.name}.partial")
        figure.savefig(partial, dpi=150, format="png", metadata={"Software": None})
    partial.replace(path)


def budget_name(budget: int | None) -> str:
    """A budget as figures and tables write it.

    Example:
        >>> budget_name(344_346)
        '≤ 0.344 M parameters'
    """
    return "no limit" if budget is None else f"≤ {budget / 1e6:.3f} M parameters"


def _panel(axes: Axes, rows: list[dict[str, Any]], ticks: list[int]) -> None:
    for i, proxy in enumerate(dict.fromkeys(row["proxy"] for row in rows)):
        found = [row for row in rows if row["proxy"] == proxy and row["accuracy_mean"] is not None]
        at = [row["evaluations"] for row in found]
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        axes.plot(at, [row["accuracy_mean"] for row in found], color=colour, marker=marker, markersize=4, label=proxy)
        sure = [row for row in found if row["accuracy_low"] is not None]
        low, high = ([row[end] for row in sure] for end in ("accuracy_low", "accuracy_high"))
        axes.fill_between([row["evaluations"] for row in sure], low, high, color=colour, alpha=0.2, linewidth=0)
    axes.axhline(rows[0]["best_in_budget"], color="black", linestyle="--", linewidth=1, label="best in budget")
    axes.axhline(rows[0]["mean_in_budget"], color="#777777", linestyle=":", linewidth=1, label="mean in budget")
    axes.set_xscale("log")
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
