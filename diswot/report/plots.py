"""Plots for people: units on the axes, colours that everybody can tell apart."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from diswot.search.run import Search

# Okabe and Ito's palette.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"


def plot_search(search: Search, path: Path) -> None:
    """Draw the best score so far against evaluations, and every score against parameters, side by side.

    Args:
        search: finished, with at least one candidate that has a score.
        path: of the PNG file.
    """
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _best_so_far(left, search)
    _against_params(right, search)
    spec = search.spec
    figure.suptitle(
        f"Students for {spec.teacher.name} ({spec.teacher.num_classes} classes) in {spec.space}, {spec.budget}"
    )
    partial = path.with_name(f".{path.name}.partial")
    figure.savefig(partial, dpi=150, format="png", metadata={"Software": None})
    partial.replace(path)


def _best_so_far(axes: Axes, search: Search) -> None:
    score = {c.measurement.arch: c.score.value for c in search.candidates() if c.score}
    values = [score.get(m.arch, float("-inf")) for m in search.measurements]
    best = list(accumulate(values, max))
    axes.plot(range(1, len(values) + 1), values, ".", color=GREY, markersize=3, label="each candidate")
    axes.step(range(1, len(best) + 1), best, where="post", color=BLUE, label="best so far")
    axes.set(xlabel="evaluations", ylabel=f"score ({search.spec.score})")
    axes.legend(frameon=False, loc="best")
    axes.spines[["top", "right"]].set_visible(False)


def _against_params(axes: Axes, search: Search) -> None:
    scored = [(c.measurement.costs.params / 1e6, c.score.value) for c in search.candidates() if c.score]
    axes.plot(*zip(*scored, strict=True), ".", color=GREY, markersize=3, label="each candidate")
    axes.plot(*scored[0], "*", color=ORANGE, markersize=13, label="recommended")
    if search.spec.budget.max_params is not None:
        axes.axvline(search.spec.budget.max_params / 1e6, color=BLUE, linestyle="--", label="budget")
    axes.set(xlabel="parameters (millions)", ylabel=f"score ({search.spec.score})")
    axes.legend(frameon=False, loc="best")
    axes.spines[["top", "right"]].set_visible(False)
