"""The report is one file that needs no network, and says what came out to people."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from diswot.batch.compare import compare
from diswot.batch.figure import STYLES, fronts
from diswot.batch.folder import BatchFolder
from diswot.batch.report import make_report
from diswot.batch.run import Outcome
from tests.diswot.batch.made import A, B, C, D, finish, jobs

VALUES = (
    {A: (1.5, 2.5), B: (5.0, 5.0), C: (4.0, 4.0), D: (1.0, 1.0)},
    {A: (3.0, 3.0), B: (4.0, 4.0), C: (6.0, 6.0), D: (1.0, 1.0)},
)
BUDGETS = {"small": {"max_params": "107k"}, "light": {"max_memory": "100kB", "max_params": "107k"}}


class Page(HTMLParser):
    """Texts of table cells, and every address that the page asks for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.asked: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [value for name, value in attrs if name in ("src", "href") and value]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in ("meta", "img", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module", name="folder")
def two_seeds(tmp_path_factory: pytest.TempPathFactory) -> BatchFolder:
    """Of the first budget both seeds are there, of the second none."""
    folder = BatchFolder(tmp_path_factory.mktemp("batch") / "mine & yours")
    for job, values in zip(jobs(seeds=[0, 1], constraints=BUDGETS), VALUES, strict=False):
        finish(folder, job, values)
    return folder


@pytest.fixture(scope="module", name="page")
def report_page(folder: BatchFolder) -> str:
    asked = jobs(seeds=[0, 1], constraints=BUDGETS)
    reason = "<b>no</b> memory"
    failed = [Outcome(job, "failed", 1.0, reason) for job in asked[2:]]
    outcomes = [Outcome(asked[0], "finished", 1.0), Outcome(asked[1], "skipped", 0.0), *failed]
    assert make_report(asked, folder, outcomes).write() == []
    return (folder.path / "report.html").read_text()


def test_the_page_is_whole_and_asks_for_nothing_outside_itself(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    images = [address for address in parsed.asked if address.startswith("data:image/svg+xml;base64,")]
    assert len(images) == 1 + 2, "parameters are limited, no finished search has a front over memory; and two students"
    assert "url(" not in page
    assert "@import" not in page
    assert "$" not in page


def test_the_page_links_to_the_folder_of_each_search_that_is_finished(folder: BatchFolder, page: str) -> None:
    links = [address for address in Page(page).asked if not address.startswith("data:")]
    assert links == [f"resnet20--cifar-resnet--small--seed{seed}/" for seed in (0, 1)]
    assert all((folder.path / link / "result.json").exists() for link in links)


def test_a_figure_that_cannot_be_drawn_costs_no_report(
    folder: BatchFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise OSError("no font\nanywhere")

    monkeypatch.setattr("diswot.batch.page.fronts", fail)
    (job,) = jobs()
    other = BatchFolder(tmp_path)
    finish(other, job, VALUES[0])
    assert make_report([job], other, []).write() == ["cifar-resnet, parameters: OSError: no font anywhere"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<li>cifar-resnet, parameters: OSError: no font anywhere</li>" in page
    assert page.count("<img") == 1, "the student is drawn"
    assert Page(page).rows[1][2].startswith(B)


def test_what_people_wrote_is_escaped(page: str) -> None:
    assert "<title>Recommended students: mine &amp; yours</title>" in page
    assert "&lt;b&gt;no&lt;/b&gt; memory" in page
    assert "<b>" not in page


def test_the_table_says_it_with_units(page: str) -> None:
    head, first, second = Page(page).rows
    assert head == [
        *("teacher", "budget", "student", "score", "±", "spread", "parameters (M)", "MACs (M)", "activations (kB)"),
        *("seeds for it", "top 10 shared", "Kendall tau"),
    ]
    # C: (4 + 6) / 2, against 4.5 of B; its error is that of the seed that recommends it.
    assert first[:2] == ["resnet20", "smallat most 107,000 parameters"]
    assert first[2].split() == [f"{C}", "seed", "0,", "seed", "1"]
    assert first[3:6] == ["5.000", "0.000", "1.414"]
    assert first[6:9] == ["0.097", "7.8", "49"]  # three maps of 16 x 16 x 16 numbers of 4 bytes: 49,152
    assert first[9:] == ["1 of 2", "100%", "– over 4"]  # four in common are too few for a rank correlation
    assert second[0] == ""
    assert second[2] == "failed"
    assert set(second[3:]) == {"–"}


def test_the_protocol_and_the_failures_come_first(page: str) -> None:
    assert "2 of 4 searches finished: 1 teacher, 1 space, 2 budgets, 2 seeds (0, 1)" in page
    assert "8 in all" in page
    assert page.index("Failed searches") < page.index("<table>")
    assert page.count("<code>resnet20--cifar-resnet--light--seed") == 2


def test_the_same_searches_give_the_same_bytes(folder: BatchFolder, page: str) -> None:
    asked = jobs(seeds=[0, 1], constraints=BUDGETS)
    table = (folder.path / "comparison.csv").read_bytes()
    make_report(asked, folder, [Outcome(job, "failed", 2.0, "<b>no</b> memory") for job in asked[2:]]).write()
    assert (folder.path / "report.html").read_text() == page
    assert (folder.path / "comparison.csv").read_bytes() == table


def test_one_seed_makes_no_columns_for_agreement(folder: BatchFolder, tmp_path: Path) -> None:
    (job,) = jobs()
    other = BatchFolder(tmp_path)
    finish(other, job, VALUES[0])
    make_report([job], other, []).write()
    page = (tmp_path / "report.html").read_text()
    assert "One seed: how far seeds agree cannot be said." in page
    assert Page(page).rows[0][-1] == "MACs (M)"


def test_where_every_search_failed_there_is_no_figure(tmp_path: Path) -> None:
    (job,) = jobs()
    make_report([job], BatchFolder(tmp_path), [Outcome(job, "failed", 1.0, "no memory")]).write()
    page = (tmp_path / "report.html").read_text()
    assert "<img" not in page
    assert Page(page).rows[1][2] == "failed"


def test_a_damaged_search_that_failed_does_not_stand_in_the_way(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path)
    one, other = jobs(seeds=[0, 1])
    finish(folder, one, VALUES[0])
    finish(folder, other, VALUES[1])
    (folder.of(other) / "result.json").write_text("{")
    (row,) = make_report([one, other], folder, [Outcome(other, "failed", 0.1, "is damaged")]).table
    assert (row["arch"], row["finished"]) == (B, 1)


def test_axes_have_units_and_budgets_differ_without_colour(folder: BatchFolder, page: str) -> None:
    data, *_ = [address.partition(",")[2] for address in Page(page).asked if address.startswith("data:")]
    svg = base64.b64decode(data).decode()
    assert ET.fromstring(svg).tag.endswith("svg")
    comments = re.findall(r"<!-- (.*?) -->", svg)
    assert "parameters (M)" in comments
    assert "score (diswot, no unit, higher is better)" in comments
    assert {"resnet20", "small", "light"} <= set(comments)
    for place in range(3):
        assert len({style[place] for style in STYLES}) == len(STYLES)


def test_more_budgets_than_styles_can_still_be_drawn(tmp_path: Path) -> None:
    budgets = {f"b{i}": {"max_params": "107k"} for i in range(9)}
    nine, folder = jobs(constraints=budgets), BatchFolder(tmp_path)
    finish(folder, nine[8], VALUES[0])
    svg = fronts(compare(nine, folder), "params")
    assert svg.startswith("<?xml")
    assert "b8" in re.findall(r"<!-- (.*?) -->", svg)
