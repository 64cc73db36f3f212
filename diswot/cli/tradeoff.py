"""How a result's fronts are shown to a person: what a smaller or a larger budget buys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from diswot.cli.console import STDOUT, si
from diswot.quantities import say_seconds
from diswot.report.units import UNITS
from diswot.search.pareto import Point, outline

if TYPE_CHECKING:
    from diswot.report.fronts import FrontPoint
    from diswot.report.relaxation import Relaxation
    from diswot.report.result import Result

COLUMNS = 6
"""Points of a front that are shown at most, its ends among them."""


def show_tradeoff(result: Result) -> None:
    """Print some points of the front that matters most, and what lies beyond the budget."""
    front = result.fronts[0]
    if len(front.points) > 1:
        shown = outline([Point(float(point.cost), point.score) for point in front.points], COLUMNS)
        left_out = len(front.points) - len(shown)
        some = f"{len(shown)} points of the Pareto front; result.json has {left_out} more"
        STDOUT.print(f"What a smaller budget buys ({some if left_out else 'the whole Pareto front'}):", soft_wrap=True)
        STDOUT.print(_table(front.pareto_cost, [front.points[place] for place in shown]))
        STDOUT.print()
    if result.relaxation is not None:
        for line in _relaxation(result.relaxation, result.recommended.score, result.min_detectable_difference):
            STDOUT.print(line, markup=False, soft_wrap=True)


def _table(cost: str, points: Sequence[FrontPoint]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    for _ in points:
        table.add_column(justify="right")
    table.add_row(UNITS[cost].name, *(say_cost(cost, point.cost) for point in points))
    table.add_row("score", *(f"{point.score:.3f}" for point in points))
    return table


def say_cost(cost: str, value: float) -> str:
    """A cost with its unit: `434 k`, `197 kB`, `3.9 ms`."""
    if cost == "latency":
        return say_seconds(value)
    return f"{si(value)}B" if cost == "memory" else si(value)


def _relaxation(relaxation: Relaxation, best: float, least: float | None) -> list[str]:
    if not relaxation.measured:
        return [f"Nothing next to the best students lies up to {relaxation.share:.0%} beyond the budget."]
    head = f"A glance at {relaxation.measured} architectures up to {relaxation.share:.0%} beyond the budget"
    if not relaxation.steps:
        return [f"{head}: none scores more."]
    lines = [f"{head}, which are not recommended:"]
    for step in relaxation.steps:
        gain = step.student.score - best
        doubt = ", too little to be told apart" if least is not None and gain < least else ""
        score, arch = step.student.score, step.student.arch
        lines.append(f"  {step.violation:+.1%} buys a score of {score:.3f} ({gain:+.3f}{doubt}): {arch}")
    return lines
