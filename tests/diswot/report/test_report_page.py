"""The page of a search: one file with everything in it, which a browser shows without a network."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from diswot.report.finished import FinishedSearch
from diswot.report.page import search_page
from diswot.report.result import make_result
from diswot.report.trust import Opinion, Trust
from diswot.report.view import SearchView, cost, number
from diswot.search.search import Search
from tests.browser import Visit, chromium
from tests.diswot.report.conftest import FAILING


@pytest.fixture(name="page")
def page_of_a_search(search: Search) -> str:
    finished = FinishedSearch.of(search)
    return search_page(finished, make_result(finished))


def test_the_page_holds_every_candidate_once(page: str, search: Search) -> None:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    rows = sorted(data["rows"], key=lambda row: int(row["number"]))
    assert [row["arch"] for row in rows] == [one.arch for one in search.evaluations]
    assert [row["number"] for row in rows] == list(range(len(rows)))
    failed = [row for row in rows if row["failure"]]
    assert {row["arch"] for row in failed} <= {FAILING}
    for row in rows:
        assert (row["score"] is None) == (row["failure"] is not None)
        assert row["score"] is None or sum(row["terms"].values()) == pytest.approx(row["score"])
    assert data["limits"]["params"] == [None, 400_000]
    assert list(data["units"]) == ["params", "macs", "memory"]
    best = max((row for row in rows if row["score"] is not None), key=lambda row: float(row["score"]))
    assert data["recommended"] == best["arch"]


def test_the_recommended_network_is_drawn(page: str) -> None:
    assert 'aria-label="Stages of the recommended network"' in page
    assert re.search(r"<text [^>]*>(\d x )?BasicBlock</text>", page)


def test_the_page_asks_for_nothing_beside_it(page: str) -> None:
    head, _, rest = page.partition("<script>")
    assert "plotly.js v" in rest
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", head) == []


def test_other_opinions_are_shown_where_they_contradict_the_score(search: Search) -> None:
    finished = FinishedSearch.of(search)
    opinion = Opinion(name="unsaturated", tau=0.41, pick="1-2-3")
    doubt = Trust(verdict="doubt", candidates=48, pick="3-2-1", opinions=[opinion], sentence="They contradict.")
    page = search_page(finished, make_result(finished).model_copy(update={"trust": doubt}))
    shown = re.sub(r"<[^>]+>|\s+", " ", page)
    for words in ("Doubtful.", "They contradict.", "unsaturated", "0.41", "1-2-3", "Its pick of the 48"):
        assert words in shown
    agreed = doubt.model_copy(update={"verdict": "agreement", "sentence": "They agree."})
    page = search_page(finished, make_result(finished).model_copy(update={"trust": agreed}))
    assert "They agree." in page
    assert "Doubtful." not in page


def test_what_a_term_adds_is_told_the_largest_first(search: Search) -> None:
    finished = FinishedSearch.of(search)
    result = make_result(finished).model_dump(mode="json")
    result["recommended"]["components"] = {"macs": -0.5, "params": 2.0}
    result["alternatives"][0]["components"] = {"macs": 0.25, "params": 1.0}
    terms = SearchView(search.spec, result).terms
    assert [(one.name, one.adds, one.next, one.share) for one in terms] == [
        ("params", 2.0, 1.0, 1.0),
        ("macs", -0.5, 0.25, 0.25),
    ]
    assert SearchView(search.spec).terms == []


def test_figures_are_written_for_people() -> None:
    assert (number(None), number(-1234.5678), number(2, 0)) == ("–", "−1,234.568", "2")
    assert (cost(406_000, "params"), cost(None, "latency"), cost(0.0042, "latency")) == ("0.406 M", "–", "4.20 ms")


def test_a_browser_shows_it_without_a_network(page: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    with chromium() as browser:
        for width, scheme in ((1280, "light"), (390, "dark")):
            visit = Visit(browser, width, scheme)
            visit.context.set_offline(True)
            visit.page.goto(file.as_uri())
            visit.page.wait_for_selector("#tradeoff .plotly .points path")
            visit.page.get_by_role("button", name="No.").focus()
            visit.page.keyboard.press("Enter")
            assert visit.page.locator("#table tbody tr").first.locator("td").first.inner_text() == "1"
            visit.page.locator("#table tbody tr").nth(2).get_by_role("button").press("Enter")
            assert visit.page.locator("#chosen h3").inner_text() == "Candidate 3"
            visit.page.select_option("#cost", "macs")
            assert "MACs (M)" in visit.page.locator("#tradeoff").inner_text()
            visit.check()
