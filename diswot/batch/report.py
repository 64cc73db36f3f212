"""The report of a batch: `comparison.csv`, and one HTML file that opens without a network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from diswot.batch.compare import Group, compare
from diswot.batch.figure import fronts
from diswot.batch.folder import BatchFolder
from diswot.batch.plan import Job
from diswot.batch.run import Outcome
from diswot.batch.table import COMPARISON, rows, write_comparison
from diswot.report.whole import write_whole
from diswot.search.quantities import say_seconds

REPORT = "report.html"

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
    groups = compare(jobs, folder)
    table = rows(groups, failures)
    write_comparison(folder.path / COMPARISON, table)
    page = _page(folder.path.absolute().name, groups, table, failures)
    write_whole(folder.path / REPORT, lambda file: file.write(page))
    return table


def _page(name: str, groups: Sequence[Group], table: Sequence[Mapping[str, Any]], failures: Mapping[str, str]) -> str:
    template = Template((files("diswot.batch") / "page.html").read_text(encoding="utf-8"))
    spaces = dict.fromkeys(row["space"] for row in table)
    return template.substitute(
        title=escape(f"Recommended students: {name}"),
        protocol="\n".join(f"<li>{escape(line)}</li>" for line in _protocol(groups)),
        failures=_failures(failures),
        spaces="\n".join(
            _space(
                space,
                [group for group in groups if group.jobs[0].spec.space == space],
                [row for row in table if row["space"] == space],
            )
            for space in spaces
        ),
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
    measured = sum(found.result.search.evaluations for group in groups for found in group.found)
    return [
        f"{finished} of {len(jobs)} searches finished: {', '.join(crossed)} ({', '.join(map(str, seeds))})",
        f"each by {spec.algorithm}, at most {spec.evaluations:,} evaluations; {measured:,} in all",
        f"score {spec.score}; probe {spec.probe.source}, {spec.probe.size} images, {spec.probe.dtype}; "
        f"{_many(spec.seeds, 'initialisation')} of each student, {spec.initialisations} of the teacher",
    ]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _failures(failures: Mapping[str, str]) -> str:
    if not failures:
        return ""
    lines = "\n".join(f"<li><code>{escape(name)}</code>: {escape(reason)}</li>" for name, reason in failures.items())
    return f'<h2 class="failed">Failed searches</h2>\n<ul>\n{lines}\n</ul>'


def _space(space: str, groups: Sequence[Group], table: Sequence[Mapping[str, Any]]) -> str:
    several, timed = len(groups[0].jobs) > 1, any(row["latency"] is not None for row in table)
    heads = ["<th class='text'>teacher</th><th class='text'>budget</th><th class='text'>student</th>"]
    columns = ["score", "±", *(["spread"] if several else []), "parameters (M)", "MACs (M)"]
    heads += [f"<th>{name}</th>" for name in (*columns, *(["latency"] if timed else []))]
    if several:
        heads += [f"<th>{name}</th>" for name in ("recommended by", "top 10 shared", "Kendall tau")]
    body = []
    for i, row in enumerate(table):
        first = i == 0 or row["teacher"] != table[i - 1]["teacher"]
        body.append(_row(row, first=first, several=several, timed=timed))
    figure = _figure(fronts(groups), _CAPTION.format(space=space)) if any(group.found for group in groups) else ""
    note = "" if several else "<p>One seed: how far seeds agree cannot be said.</p>"
    return (
        f"<h2>{escape(space)}</h2>\n<div class='wide'><table>\n<thead><tr>{''.join(heads)}</tr></thead>\n"
        f"<tbody>\n{chr(10).join(body)}\n</tbody>\n</table></div>\n{note}\n{figure}"
    )


def _row(row: Mapping[str, Any], *, first: bool, several: bool, timed: bool) -> str:
    limits = f"<small>{escape(row['limits'])}</small>"
    head = [escape(row["teacher"]) if first else "", escape(row["budget"]) + limits]
    if row["arch"] is None:
        head.append("<span class='failed'>failed</span>")
        cells: list[str] = []
    else:
        head.append(f"<code>{escape(row['arch'])}</code>")
        cells = [_number(row["score"]), _number(row["stderr"]), *([_number(row["seed_spread"])] if several else [])]
        cells += [f"{row['params'] / 1e6:.3f}", f"{row['macs'] / 1e6:.1f}"]
        cells += [say_seconds(row["latency"]) if row["latency"] else "–"] if timed else []
    if several:
        by = f"{row['seeds_that_recommend'] or 0} of {_many(row['seeds'], 'seed')}"
        overlap, tau = row["top_10_overlap"], row["kendall_tau"]
        shared = "" if row["shared_candidates"] is None else f"<small>{row['shared_candidates']} shared</small>"
        cells += [by, "–" if overlap is None else f"{overlap:.0%}", f"{_number(tau, 2)}{shared}"]
    text = "".join(f"<td class='text'>{cell}</td>" for cell in head)
    kind = " class='first'" if first else ""
    return f"<tr{kind}>{text}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _figure(svg: str, caption: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    text = escape(caption)
    return f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{data}"><figcaption>{text}</figcaption></figure>'
