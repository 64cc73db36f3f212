"""Figures of a correlation run, as SVG: colours that everybody can tell apart, axes with units."""

from __future__ import annotations

from contextlib import AbstractContextManager
from io import StringIO
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from diswot_benchmarks.correlation.score_table import ScoreTable

BLUE, GREY = "#0072B2", "#555555"
"""Okabe and Ito's palette: proxies that were asked for, and baselines, whose markers differ too."""

VECTOR_POINTS = 2000
"""Scatters of more points than that are drawn as pixels inside the SVG, to keep the page small."""


def scatter(raw: ScoreTable, rows: list[dict[str, Any]]) -> str:
    """Accuracy against score, one panel for each proxy of one column."""
    column = rows[0]["column"]
    across = min(3, len(rows))
    down = -(-len(rows) // across)
    with _style():
        figure = Figure(figsize=(3.4 * across, 2.9 * down), layout="constrained")
        panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
        for axes, row in zip(panels, rows, strict=False):
            _scatter_panel(axes, raw, row)
        for axes in panels[len(rows) :]:
            axes.set_axis_off()
        figure.supylabel(f"{column} (percent)", fontsize=10)
        return _svg(figure)


def forest(rows: list[dict[str, Any]], baselines: list[str]) -> str:
    """Kendall's tau-b of every proxy of one column with its 95% interval, best first."""
    ranked = sorted(rows, key=lambda row: -np.inf if row["tau"] is None else row["tau"])
    with _style():
        figure = Figure(figsize=(7.2, 0.9 + 0.36 * len(ranked)), layout="constrained")
        axes = figure.subplots()
        for y, row in enumerate(ranked):
            color, marker = _mark(row, baselines)
            if row["tau"] is None:
                axes.annotate("no correlation: a constant score", (0, y), color=GREY, va="center")
                continue
            if row["tau_low"] is not None:
                axes.plot([row["tau_low"], row["tau_high"]], [y, y], color=color, linewidth=2)
            axes.plot(row["tau"], y, linestyle="", markersize=7, color=color, marker=marker)
            axes.annotate(
                f"{row['tau']:.3f}", (row["tau"], y), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8
            )
        axes.axvline(0, color="#aaaaaa", linewidth=1)
        axes.set_yticks(range(len(ranked)), [row["proxy"] for row in ranked])
        axes.set_ylim(-0.6, len(ranked) - 0.2)
        axes.set_xlabel(f"Kendall tau-b against {rows[0]['column']}, with 95% interval")
        _legend(axes)
        return _svg(figure)


def cost(rows: list[dict[str, Any]], baselines: list[str]) -> str:
    """Seconds per architecture against tau-b of every proxy of one column."""
    known = [row for row in rows if row["tau"] is not None]
    with _style():
        figure = Figure(figsize=(7.2, 3.8), layout="constrained")
        axes = figure.subplots()
        for row in known:
            color, marker = _mark(row, baselines)
            axes.plot(row["seconds_per_arch"], row["tau"], marker=marker, color=color, linestyle="", markersize=8)
        seconds = [row["seconds_per_arch"] for row in known]
        if known and max(seconds) > 10 * min(seconds):
            axes.set_xscale("log")
        else:
            axes.set_xlim(left=0)
        axes.margins(y=0.15)
        axes.set_xlabel("seconds per architecture, one thread")
        axes.set_ylabel(f"Kendall tau-b\nagainst {rows[0]['column']}")
        figure.canvas.draw()
        _name_points(axes, known)
        axes.grid(color="#eeeeee")
        _legend(axes)
        return _svg(figure)


def _style() -> AbstractContextManager[None]:
    """Plain axes, and the same SVG for the same figure."""
    return rc_context(
        {
            "svg.hashsalt": "diswot",
            "font.size": 10.0,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#888888",
        }
    )


def _scatter_panel(axes: Axes, raw: ScoreTable, row: dict[str, Any]) -> None:
    score, accuracy = raw.scores[row["proxy"]], raw.accuracies[row["column"]]
    size = 4.0 if len(score) <= 200 else 2.5
    pixels = len(score) > VECTOR_POINTS
    axes.plot(score, accuracy, "o", color=BLUE, alpha=0.5, markersize=size, markeredgewidth=0, rasterized=pixels)
    tau = "–" if row["tau"] is None else f"{row['tau']:.3f}"
    axes.set_title(f"{row['proxy']}   tau {tau}", fontsize=10)
    axes.set_xlabel(f"score ({_unit(row['proxy'])})")
    axes.xaxis.set_major_locator(MaxNLocator(4))  # small numbers are long, and would run into one another


def _mark(row: dict[str, Any], baselines: list[str]) -> tuple[str, str]:
    """Colour and marker of a proxy."""
    return (GREY, "s") if row["proxy"] in baselines else (BLUE, "o")


def _unit(proxy: str) -> str:
    return {"params": "ln parameters", "macs": "ln MACs", "depth": "layers"}.get(proxy, "no unit, higher is better")


def _name_points(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Names beside the points, from the top down; one that would hide another moves below it, with a line."""
    placed: list[tuple[float, float]] = []
    scale = 72 / axes.figure.dpi
    for row in sorted(rows, key=lambda row: -row["tau"]):
        point = (row["seconds_per_arch"], row["tau"])
        x, y = axes.transData.transform(point) * scale
        height = min([y, *(taken - 12 for at, taken in placed if abs(at - x) < 90)])
        placed.append((x, height))
        axes.annotate(
            row["proxy"],
            point,
            xytext=(12, height - y),
            textcoords="offset points",
            fontsize=9,
            va="center",
            arrowprops={"arrowstyle": "-", "color": "#aaaaaa", "linewidth": 0.6},
        )


def _legend(axes: Axes) -> None:
    axes.plot([], [], marker="o", color=BLUE, linestyle="", label="asked for")
    axes.plot([], [], marker="s", color=GREY, linestyle="", label="baseline")
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9, borderaxespad=0.2)


def _svg(figure: Figure) -> str:
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, dpi=150)
    return text.getvalue()
