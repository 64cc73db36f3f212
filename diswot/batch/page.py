"""The page of a batch's report: one HTML file that opens without a network, with links to the folders of searches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from diswot.batch.compare import Group, limited_costs
from diswot.batch.figure import fronts
from diswot.report.attempt import attempt
from diswot.report.diagram import draw_network
from diswot.report.html import render
from diswot.report.units import UNITS, Unit
from diswot.search.finalists import ALWAYS

NOTHING = "–"
"""What a cell shows that has nothing to show."""

Row = Mapping[str, Any]


def page(
    name: str, groups: Sequence[Group], table: Sequence[Row], failures: Mapping[str, str]
) -> tuple[str, list[str]]:
    """The page, and why figures were left out of it: it does not depend on them.

    Args:
        name: of the batch.
        groups: its searches, by teacher, space and budget.
        table: one row for each group.
        failures: why a search failed, by its name.
    """
    spaces, missing = [], []
    for space in dict.fromkeys(row["space"] for row in table):
        chosen = [i for i, row in enumerate(table) if row["space"] == space]
        told, without = _space(space, [groups[i] for i in chosen], [table[i] for i in chosen])
        spaces.append(told)
        missing += without
    text = render(
        "diswot.batch",
        "report.html",
        title=f"Recommended students: {name}",
        protocol=_protocol(groups),
        failures=failures,
        missing=missing,
        nothing=NOTHING,
        spaces=spaces,
    )
    return text, missing


def _protocol(groups: Sequence[Group]) -> list[str]:
    """What was done, in a few lines."""
    jobs = [job for group in groups for job in group.jobs]
    spec, finished = jobs[0].spec, sum(len(group.found) for group in groups)
    seeds = sorted({job.spec.seed for job in jobs})
    crossed = [
        _many(len({job.teacher for job in jobs}), "teacher"),
        _many(len({job.spec.space for job in jobs}), "space"),
        _many(len({job.budget for job in jobs}), "budget"),
        _many(len(seeds), "seed"),
    ]
    measured = sum(found.result.outcome.evaluations for group in groups for found in group.found)
    return [
        f"{finished} of {len(jobs)} searches finished: {', '.join(crossed)} ({', '.join(map(str, seeds))})",
        f"each by {spec.algorithm}, at most {spec.evaluations:,} evaluations; {measured:,} in all",
        f"score {spec.score}; probe {spec.probe.source}, {spec.probe.size} images, {spec.probe.dtype}; "
        f"{_many(spec.student_inits, 'initialization')} of each student, {spec.teacher_inits} of the teacher",
    ]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _space(space: str, groups: Sequence[Group], table: Sequence[Row]) -> tuple[dict[str, Any], list[str]]:
    """What the template is told of one space, and why figures were left out of it."""
    figures, missing = _figures(space, groups)
    several = len(groups[0].jobs) > 1
    told = {
        "name": space,
        "columns": _columns(limited_costs(groups), several=several),
        "rows": [
            {**row, "parts": _parts(row["arch"] or ""), "searches": group.found}
            for row, group in zip(table, groups, strict=True)
        ],
        "one_seed": not several,
        "figures": [*figures, *_diagrams(groups)],
    }
    return told, missing


def _figures(space: str, groups: Sequence[Group]) -> tuple[list[tuple[str, str]], list[str]]:
    """The fronts over every cost that a budget limits, each with its caption, and why others were left out."""
    known = {front.pareto_cost for group in groups for found in group.found for front in found.result.fronts}
    costs = [cost for cost in limited_costs(groups) or ["macs"] if cost in known]
    drawn = [(cost, *attempt(partial(fronts, groups, cost))) for cost in costs]
    figures = [(svg, _caption(space, cost)) for cost, svg, _ in drawn if svg is not None]
    return figures, [f"{space}, {UNITS[cost].name}: {why}" for cost, _, why in drawn if why is not None]


def _diagrams(groups: Sequence[Group]) -> list[tuple[str, str]]:
    """The networks of the recommended students, each once, with its caption."""
    results = [found.result for group in groups for found in group.found]
    stages = {result.recommended.arch: result.stages for result in results if result.stages}
    return [(draw_network(found), f"The recommended student {arch}, stage by stage.") for arch, found in stages.items()]


def _caption(space: str, cost: str) -> str:
    return (
        f"Fronts in {space}: the best score for at most so much ({UNITS[cost].name}), one panel for each teacher, one "
        "line for each budget and seed. The large filled marks are the recommended students."
    )


def _columns(costs: Sequence[str], *, several: bool) -> dict[str, Callable[[Row], str]]:
    """Columns of figures, and what they show of a row; only those that a plan gives something to say in.

    Args:
        costs: that budgets limit, beside those that are always shown.
        several: whether there are several seeds.
    """
    columns: dict[str, Callable[[Row], str]] = {
        "score": lambda row: _number(row["score"]),
        "±": lambda row: _number(row["stderr"]),
    }
    if several:
        columns["spread"] = lambda row: _number(row["seed_spread"])
    for cost in dict.fromkeys((*ALWAYS, *costs)):
        columns[UNITS[cost].title] = partial(_cost, UNITS[cost], cost)
    if several:
        columns["seeds for it"] = lambda row: f"{row['seeds_that_recommend']} of {row['seeds']}"
        columns["top 10 shared"] = lambda row: (
            NOTHING if row["top_10_overlap"] is None else f"{row['top_10_overlap']:.0%}"
        )
        columns["Kendall tau"] = _tau
    return columns


def _tau(row: Row) -> str:
    shared = row["shared_candidates"]
    return _number(row["kendall_tau"], 2) + ("" if shared is None else f" over {shared}")


def _cost(unit: Unit, cost: str, row: Row) -> str:
    return _number(row[cost], unit.digits, unit.size)


def _parts(arch: str) -> list[str]:
    """A string of an architecture, cut where a long one may be broken; a browser breaks behind hyphens by itself."""
    return re.findall(r".+?(?:\||\],|$)", arch)


def _number(value: float | None, digits: int = 3, unit: float = 1.0) -> str:
    return NOTHING if value is None else f"{value / unit:,.{digits}f}".replace("-", "−")
