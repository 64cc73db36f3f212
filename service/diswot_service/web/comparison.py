"""Two searches beside one another: what was asked differently, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diswot.errors import InputError
from diswot.report.units import UNITS
from diswot.report.view import cost, number
from diswot_service.web.views import JobView

TOGETHER = ("teacher", "space", "score", "probe", "seed")
"""Settings that must be equal for scores to mean the same."""


def comparison(jobs: Sequence[JobView]) -> dict[str, Any]:
    """What the page of a comparison shows.

    Raises:
        InputError: there are not two searches.
    """
    if len(jobs) != 2:
        raise InputError(f"choose two searches to compare, not {len(jobs)}")
    one, other = jobs
    apart = [name for name in TOGETHER if one.job.spec.get(name) != other.job.spec.get(name)]
    return {"jobs": jobs, "apart": apart, "asked": _asked(one, other), "found": _found(jobs), "data": _fronts(jobs)}


def _asked(one: JobView, other: JobView) -> list[tuple[str, str, str]]:
    """Settings that differ, with both values."""
    left, right = _flat(one.job.spec), _flat(other.job.spec)
    names = dict.fromkeys((*left, *right))
    return [(name, left.get(name, "–"), right.get(name, "–")) for name in names if left.get(name) != right.get(name)]


def _flat(spec: dict[str, Any], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in spec.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{path}{name}.")
        else:
            found[path + name] = "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return found


def _found(jobs: Sequence[JobView]) -> list[tuple[str, list[str]]]:
    """Figures of what each search recommends."""
    best = [job.job.result["recommended"] if job.job.result else None for job in jobs]
    measured = [job.job.result["outcome"]["evaluations"] if job.job.result else None for job in jobs]
    lines = {
        "Student": [one["arch"] if one else "–" for one in best],
        "Score": [number(one["score"]) if one else "–" for one in best],
        "Standard error": [number(one["stderr"]) if one else "–" for one in best],
        **{_title(name): [cost(one[name], name) if one else "–" for one in best] for name in _known(best)},
        "Evaluations": ["–" if count is None else f"{count:,}" for count in measured],
    }
    return list(lines.items())


def _known(best: Sequence[Mapping[str, Any] | None]) -> list[str]:
    """Costs that some of the students have a figure of."""
    return [name for name in UNITS if any(one is not None and one[name] is not None for one in best)]


def _title(name: str) -> str:
    title = UNITS[name].name
    return title[0].upper() + title[1:]


def _fronts(jobs: Sequence[JobView]) -> dict[str, Any]:
    """Fronts of both over the costs that both have one over."""
    fronts = [
        {f["pareto_cost"]: f["points"] for f in job.job.result["fronts"]} if job.job.result else {} for job in jobs
    ]
    shared = [name for name in UNITS if all(name in one for one in fronts)]
    units = {n: {"title": UNITS[n].title, "size": UNITS[n].size, "digits": UNITS[n].digits} for n in shared}
    searches = [{"name": job.name, "fronts": front} for job, front in zip(jobs, fronts, strict=True)]
    return {"units": units, "searches": searches}
