"""Fronts of a batch, as SVG: colours that everybody can tell apart, lines and marks that survive a grey printer."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diswot.batch.compare import Group
from diswot.report.units import UNITS

LineStyle = str | tuple[int, tuple[int, ...]]

STYLES: tuple[tuple[str, LineStyle, str], ...] = (
    ("#0072B2", "-", "o"),
    ("#D55E00", "--", "s"),
    ("#009E73", "-.", "^"),
    ("#CC79A7", ":", "D"),
    ("#E69F00", (0, (6, 1, 1, 1, 1, 1)), "v"),
    ("#56B4E9", (0, (1, 1)), "P"),
    ("#000000", (0, (8, 3)), "X"),
)
"""Colour (Okabe and Ito's palette), line and mark of a budget; from the eighth on, colours go with other marks."""
ACROSS = 3
"""Panels beside one another."""
ENTRIES = 2
"""Of the legend, beside one another over each panel."""


def fronts(groups: Sequence[Group], cost: str) -> str:
    """Score against one cost in one space: a panel for each teacher, the fronts of all budgets and seeds in it.

    Args:
        groups: of one space, at least one of them with a finished search.
        cost: `params`, `macs`, `memory` or `latency`; searches whose result has no front over it are left out.
    """
    budgets = list(dict.fromkeys(group.jobs[0].budget for group in groups))
    teachers = list(dict.fromkeys(group.jobs[0].teacher for group in groups))
    across = min(ACROSS, len(teachers))
    down = -(-len(teachers) // across)
    with rc_context(
        {"svg.hashsalt": "diswot", "font.size": 10.0, "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure = Figure(figsize=(1.4 + 3.4 * across, 0.9 + 3.0 * down), layout="constrained")
        panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, teacher in zip(panels, teachers, strict=False):
            axes.set_title(teacher, fontsize=10)
            axes.grid(color="#eeeeee")
            for group in groups:
                if group.jobs[0].teacher == teacher:
                    _draw(axes, group, cost, budgets.index(group.jobs[0].budget))
        for axes in panels[len(teachers) :]:
            axes.set_axis_off()
        _legend(figure, panels[0], budgets, across)
        figure.supxlabel(UNITS[cost].title, fontsize=10)
        figure.supylabel(f"score ({groups[0].jobs[0].spec.score}, no unit, higher is better)", fontsize=10)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _draw(axes: Axes, group: Group, cost: str, place: int) -> None:
    """The front of each seed under one budget, with a large mark for the student that it recommends."""
    (color, line, marker), unit = _style(place), UNITS[cost].size
    for found in group.found:
        for front in (front for front in found.result.fronts if front.pareto_cost == cost):
            costs, scores = [point.cost / unit for point in front.points], [point.score for point in front.points]
            axes.step(costs, scores, where="post", color=color, linestyle=line, linewidth=1.4)
            axes.plot(costs, scores, marker, color=color, markersize=5, markerfacecolor="white")
            best = found.result.recommended
            axes.plot(getattr(best, cost) / unit, best.score, marker, color=color, markersize=10)


def _style(place: int) -> tuple[str, LineStyle, str]:
    around, color = divmod(place, len(STYLES))
    _, line, marker = STYLES[(color + around) % len(STYLES)]
    return STYLES[color][0], line, marker


def _legend(figure: Figure, axes: Axes, budgets: Sequence[str], across: int) -> None:
    for place, budget in enumerate(budgets):
        color, line, marker = _style(place)
        axes.plot([], [], color=color, linestyle=line, marker=marker, markerfacecolor="white", label=budget)
    axes.plot([], [], "o", color="#555555", markersize=10, label="recommended (large, filled)")
    figure.legend(loc="outside upper center", ncols=min(len(budgets) + 1, ENTRIES * across), frameon=False)
