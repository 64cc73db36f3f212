"""The report of a batch: `comparison.csv`, and one HTML file that opens without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diswot.batch.compare import Group, compare
from diswot.batch.figure import fronts
from diswot.batch.folder import BatchFolder
from diswot.batch.plan import Job
from diswot.batch.run import Outcome
from diswot.batch.table import COMPARISON, rows, write_comparison
from diswot.quantities import say_seconds
from diswot.report.html import render
from diswot.storage.atomic import atomic_write

REPORT = "report.html"
NOTHING = "–"
"""What a cell shows that has nothing to show."""

Row = Mapping[str, Any]

_CAPTION = (
    "Fronts in {space}: the best score for at most so many multiply-accumulates, one panel for each teacher, one line "
    "for each budget and seed. The large filled marks are the recommended students."
)


def write_report(jobs: Sequence[Job], folder: BatchFolder, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Write both files, each whole or not at all; returns the table.

    Args:
        jobs: of the plan.
        folder: of the batch.
        outcomes: what became of them.
    """
    failures = {one.job.name: one.reason for one in outcomes if one.reason is not None}
    groups = compare(jobs, folder, failures)
    table = rows(groups, failures)
    write_comparison(folder.path / COMPARISON, table)
    page = _page(folder.path.absolute().name, groups, table, failures)
    atomic_write(folder.path / REPORT, page)
    return table


def _page(name: str, groups: Sequence[Group], table: Sequence[Row], failures: Mapping[str, str]) -> str:
    spaces = dict.fromkeys(row["space"] for row in table)
    return render(
        "diswot.batch",
        "report.html",
        title=f"Recommended students: {name}",
        protocol=_protocol(groups),
        failures=failures,
        nothing=NOTHING,
        spaces=[
            _space(
                space,
                [group for group in groups if group.jobs[0].spec.space == space],
                [row for row in table if row["space"] == space],
            )
            for space in spaces
        ],
    )


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
        f"{_many(spec.student_inits, 'initialisation')} of each student, {spec.teacher_inits} of the teacher",
    ]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _space(space: str, groups: Sequence[Group], table: Sequence[Row]) -> dict[str, Any]:
    """What the template is told of one space."""
    several = len(groups[0].jobs) > 1
    found = any(group.found for group in groups)
    return {
        "name": space,
        "columns": _columns(table, several=several),
        "rows": [{**row, "parts": _parts(row["arch"] or "")} for row in table],
        "one_seed": not several,
        "figures": [(fronts(groups), _CAPTION.format(space=space))] if found else [],
    }


def _columns(table: Sequence[Row], *, several: bool) -> dict[str, Callable[[Row], str]]:
    """Columns of figures, and what they show of a row; only those that a plan gives something to say in."""
    columns: dict[str, Callable[[Row], str]] = {
        "score": lambda row: _number(row["score"]),
        "±": lambda row: _number(row["stderr"]),
    }
    if several:
        columns["spread"] = lambda row: _number(row["seed_spread"])
    columns["parameters (M)"] = lambda row: _number(row["params"], 3, 1e6)
    columns["MACs (M)"] = lambda row: _number(row["macs"], 1, 1e6)
    if any("bytes" in row["limits"] for row in table):
        columns["activations (kB)"] = lambda row: _number(row["memory"], 0, 1e3)
    if any(row["latency"] is not None for row in table):
        columns["latency"] = lambda row: say_seconds(row["latency"]) if row["latency"] else NOTHING
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


def _parts(arch: str) -> list[str]:
    """A string of an architecture, cut where a long one may be broken; a browser breaks behind hyphens by itself."""
    return re.findall(r".+?(?:\||\],|$)", arch)


def _number(value: float | None, digits: int = 3, unit: float = 1.0) -> str:
    return NOTHING if value is None else f"{value / unit:,.{digits}f}".replace("-", "−")
