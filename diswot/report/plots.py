"""Plots for people: units on the axes, colours that everybody can tell apart, marks that survive a grey printer."""

from __future__ import annotations

from io import BytesIO
from itertools import accumulate
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from diswot.report.fronts import Front
from diswot.report.result import Result
from diswot.search.run import Search
from diswot.storage.atomic import atomic_write

# Okabe and Ito's palette.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"

AXES = {
    "params": ("parameters (millions)", 1e6),
    "macs": ("multiply-accumulates an image (millions)", 1e6),
    "memory": ("activations of an image (kB)", 1e3),
    "latency": ("latency (ms)", 1e-3),
}
"""For each cost, what its axis says, and how many are one there."""


def plot_search(search: Search, result: Result, path: Path) -> None:
    """Draw how the search came on, above, and every score against two costs with the Pareto fronts, below.

    Args:
        search: finished.
        result: of it.
        path: of the PNG file.
    """
    figure = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    (best, volume), (left, right) = figure.subplots(2, 2)
    _best_so_far(best, search)
    _volume_so_far(volume, result)
    _against(left, search, result, result.fronts[0])
    _against(right, search, result, result.fronts[-1])
    for axes in (best, volume):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (best, volume, left, right):
        axes.spines[["top", "right"]].set_visible(False)
    spec = search.spec
    figure.suptitle(
        f"Students for {spec.teacher.name} ({spec.teacher.num_classes} classes) in {spec.space}, {spec.constraints}"
    )
    picture = BytesIO()
    figure.savefig(picture, dpi=150, format="png", metadata={"Software": None})
    atomic_write(path, picture.getvalue())


def _best_so_far(axes: Axes, search: Search) -> None:
    score = {c.measurement.arch: c.first for c in search.candidates() if c.first is not None}
    values = [score.get(m.arch, float("-inf")) for m in search.measurements]
    best = list(accumulate(values, max))
    axes.plot(range(1, len(values) + 1), values, ".", color=GREY, markersize=3, label=_each(search))
    axes.step(range(1, len(best) + 1), best, where="post", color=BLUE, label="best so far")
    axes.set(xlabel="evaluations", ylabel=f"score ({search.spec.score})")
    axes.legend(frameon=False, loc="best")


def _each(search: Search) -> str:
    """What the grey points are: scores on which all candidates can be compared."""
    return "each candidate" if search.spec.student_inits == 1 else "each candidate, one initialisation"


def _volume_so_far(axes: Axes, result: Result) -> None:
    """Hypervolume of two fronts, from the first evaluation to the last."""
    styles = zip((result.fronts[0], result.fronts[-1]), ((BLUE, "-"), (ORANGE, "--")), strict=True)
    for front, (color, line) in styles:
        counts = [1, *(grown.evaluations for grown in front.hypervolume), result.outcome.evaluations]
        shares = [0.0, *(grown.share for grown in front.hypervolume)]
        name = AXES[front.against][0].partition(" (")[0]
        axes.step(counts, [*shares, shares[-1]], line, where="post", color=color, label=f"over {name}")
    axes.set(xlabel="evaluations", ylabel="hypervolume (share of what is possible)", ylim=(0, 1))
    axes.legend(frameon=False, loc="best")


def _against(axes: Axes, search: Search, result: Result, front: Front) -> None:
    """Every score against one cost, the front, the budget, and what lies beyond it."""
    label, unit = AXES[front.against]
    known = ((search.cost(c.measurement.arch, front.against), c.first) for c in search.candidates())
    scored = [(cost / unit, score) for cost, score in known if cost is not None and score is not None]
    axes.plot(*zip(*scored, strict=True), ".", color=GREY, markersize=3, label=_each(search))
    costs, scores = [point.cost / unit for point in front.points], [point.score for point in front.points]
    axes.step(costs, scores, where="post", color=BLUE, label="best for at most this cost")
    if result.beyond is not None and result.beyond.steps:
        students = [step.student for step in result.beyond.steps]
        shown = [(getattr(one, front.against) / unit, one.score) for one in students]
        axes.plot(*zip(*shown, strict=True), "D", color=ORANGE, markerfacecolor="none", label="beyond the budget")
    best = result.recommended
    axes.plot(getattr(best, front.against) / unit, best.score, "*", color=ORANGE, markersize=13, label="recommended")
    limits = [limit for limit in search.spec.constraints.range(front.against) if limit is not None]
    for i, limit in enumerate(limits):
        axes.axvline(limit / unit, color="black", linestyle=":", label="budget" if i == 0 else None)
    axes.set(xlabel=label, ylabel=f"score ({search.spec.score})")
    axes.legend(frameon=False, loc="best")
