"""Plots for people: units on the axes, colors that everybody can tell apart, marks that survive a gray printer."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from diswot.report.finished import FinishedSearch
from diswot.report.fronts import Front
from diswot.report.result import Result
from diswot.report.student import Student
from diswot.report.units import UNITS
from diswot_spaces import title_of

# Okabe and Ito's palette.
BLUE, ORANGE, GREEN, GRAY = "#0072B2", "#D55E00", "#009E73", "#777777"


def plot_search(finished: FinishedSearch, result: Result) -> bytes:
    """Draw how the search came on, above, and every score against two costs with the Pareto fronts, below.

    Args:
        finished: the search.
        result: of it.

    Returns:
        A PNG file.
    """
    figure = Figure(figsize=(11, 9), layout="constrained")
    FigureCanvasAgg(figure)
    (best, volume), below = figure.subplots(2, 2)
    fronts = result.fronts[:2]
    _best_so_far(best, finished)
    _volume_so_far(volume, result, fronts)
    for axes, front in zip(below, fronts, strict=True):
        _against(axes, finished, result, front)
    for axes in (best, volume):
        axes.set_xlabel("evaluations")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (best, volume, *below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)  # Above the data.
    spec = finished.spec
    teacher, space = f"{spec.teacher.name} ({spec.teacher.num_classes} classes)", title_of(spec.space)
    figure.suptitle(f"Students for {teacher} in {space}, {spec.constraints}")
    picture = BytesIO()
    figure.savefig(picture, dpi=150, format="png", metadata={"Software": None})
    return picture.getvalue()


def _best_so_far(axes: Axes, finished: FinishedSearch) -> None:
    firsts = {one.arch: one.single_init_score for one in finished.students}
    values = [firsts.get(arch, float("-inf")) for arch in finished.evaluations]
    counts = range(1, len(values) + 1)
    axes.plot(counts, values, ".", color=GRAY, markersize=3, label=_each(finished))
    dropped = [(finished.evaluations[one.arch], one.single_init_score) for one in finished.dropped]
    if dropped:
        axes.plot(*zip(*dropped, strict=True), "x", color=ORANGE, markersize=4, label="too slow when measured again")
    axes.step(counts, list(accumulate(values, max)), where="post", color=BLUE, label="best so far")
    axes.set_ylabel(_score(finished))


def _score(finished: FinishedSearch) -> str:
    return f"score ({finished.spec.score})"


def _each(finished: FinishedSearch) -> str:
    """What the small points are: scores on which all candidates can be compared."""
    return "each candidate" if finished.spec.student_inits == 1 else "each candidate, one initialization"


def _volume_so_far(axes: Axes, result: Result, fronts: Sequence[Front]) -> None:
    """Hypervolume of two fronts, from the first evaluation to the last."""
    for front, (color, line) in zip(fronts, ((BLUE, "-"), (ORANGE, "--")), strict=True):
        counts = [1, *(grown.evaluations for grown in front.hypervolume), result.outcome.evaluations]
        shares = [0.0, *(grown.share for grown in front.hypervolume)]
        name = UNITS[front.pareto_cost].name
        axes.step(counts, [*shares, shares[-1]], line, where="post", color=color, label=f"over {name}")
    axes.set(ylabel="hypervolume (share of what is possible)", ylim=(0, 1))


def _against(axes: Axes, finished: FinishedSearch, result: Result, front: Front) -> None:
    """Every score against one cost, the front, the budget, and what lies beyond it."""
    cost, unit = front.pareto_cost, UNITS[front.pareto_cost]
    best, most = result.recommended, result.recommended.student_inits

    def draw(students: Sequence[Student], mark: str, label: str, *, first: bool = False, **style: Any) -> None:
        shown = [
            (getattr(one, cost) / unit.size, one.single_init_score if first else one.score)
            for one in students
            if getattr(one, cost) is not None
        ]
        if shown:
            axes.plot(*zip(*shown, strict=True), mark, label=label, **style)

    draw(finished.students, ".", _each(finished), first=True, color=GRAY, markersize=3)
    if most > 1:
        sure = [one for one in finished.students if one.student_inits == most]
        draw(sure, "o", f"finalists, mean of {most} initializations", color=GREEN, markersize=5, markerfacecolor="none")
    costs, scores = [point.cost / unit.size for point in front.points], [point.score for point in front.points]
    axes.step(costs, scores, where="post", color=BLUE, label="best for at most this cost")
    steps = result.relaxation.steps if result.relaxation else []
    draw([step.student for step in steps], "D", "beyond the budget", color=ORANGE, markerfacecolor="none")
    draw([best], "*", "recommended", color=ORANGE, markersize=13)
    limits = [limit for limit in finished.spec.constraints.range(cost) if limit is not None]
    for i, limit in enumerate(limits):
        axes.axvline(limit / unit.size, color="black", linestyle=":", label="budget" if i == 0 else None)
    axes.set(xlabel=unit.title, ylabel=_score(finished))
