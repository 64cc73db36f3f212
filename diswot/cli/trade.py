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
    from diswot.report.beyond import Beyond
    from diswot.report.fronts import FrontPoint
    from diswot.report.result import Result

COLUMNS = 6
"""Points of a front that are shown at most, its ends among them."""


def show_trade(result: Result) -> None:
    """Print some points of the front that matters most, and what lies beyond the budget."""
    front = result.fronts[0]
    if len(front.points) > 1:
        shown = outline([Point(float(point.cost), point.score) for point in front.points], COLUMNS)
        left_out = len(front.points) - len(shown)
        some = f"{len(shown)} points of the Pareto front; result.json has {left_out} more"
        STDOUT.print(f"What a smaller budget buys ({some if left_out else 'the whole Pareto front'}):", soft_wrap=True)
        STDOUT.print(_table(front.against, [front.points[place] for place in shown]))
        STDOUT.print()
    if result.beyond is not None:
        for line in _beyond(result.beyond, result.recommended.score, result.resolution):
            STDOUT.print(line, markup=False, soft_wrap=True)


def _table(against: str, points: Sequence[FrontPoint]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    for _ in points:
        table.add_column(justify="right")
    table.add_row(UNITS[against].name, *(say_cost(against, point.cost) for point in points))
    table.add_row("score", *(f"{point.score:.3f}" for point in points))
    return table


def say_cost(cost: str, value: float) -> str:
    """A cost with its unit: `434 k`, `197 kB`, `3.9 ms`."""
    if cost == "latency":
        return say_seconds(value)
    return f"{si(value)}B" if cost == "memory" else si(value)


def _beyond(beyond: Beyond, best: float, resolution: float | None) -> list[str]:
    if not beyond.measured:
        return [f"Nothing next to the best students lies up to {beyond.share:.0%} beyond the budget."]
    head = f"A glance at {beyond.measured} architectures up to {beyond.share:.0%} beyond the budget"
    if not beyond.steps:
        return [f"{head}: none scores more."]
    lines = [f"{head}, which are not recommended:"]
    for step in beyond.steps:
        gain = step.student.score - best
        doubt = ", too little to be told apart" if resolution is not None and gain < resolution else ""
        lines.append(
            f"  {step.more:+.1%} buys a score of {step.student.score:.3f} ({gain:+.3f}{doubt}): {step.student.arch}"
        )
    return lines
