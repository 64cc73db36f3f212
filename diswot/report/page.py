"""The page of a finished search as one HTML file that opens without a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diswot.report.assets import inside_a_page
from diswot.report.finished import FinishedSearch
from diswot.report.html import render
from diswot.report.result import Result
from diswot.report.view import SearchView, cost, figure, number


def search_page(finished: FinishedSearch, result: Result) -> str:
    """The page of a finished search, with its scripts in it."""
    view = SearchView(result.search, result.model_dump(mode="json"))
    return render(
        "diswot.report",
        "report.html",
        title=view.title,
        view=view,
        number=number,
        cost_of=cost,
        figure_of=figure,
        data=view.data(list(_rows(finished))),
        **inside_a_page(),
    )


def _rows(finished: FinishedSearch) -> Iterator[dict[str, Any]]:
    """What the page is told of each candidate."""
    for one in (*finished.students, *finished.dropped):
        costs = {"params": one.params, "macs": one.macs, "memory": one.memory, "latency": one.latency}
        place = {"number": finished.evaluations[one.arch] - 1, "arch": one.arch}
        yield {
            **place,
            **costs,
            "score": one.score,
            "inits": one.student_inits,
            "terms": one.components,
            "failure": None,
        }
    for failed in finished.failed:
        costs = {"params": failed.costs.params, "macs": failed.costs.macs, "memory": failed.costs.memory}
        place = {"number": finished.evaluations[failed.arch] - 1, "arch": failed.arch}
        yield {**place, **costs, "latency": None, "score": None, "inits": 0, "terms": None, "failure": failed.error}
