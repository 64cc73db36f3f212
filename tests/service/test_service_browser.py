"""The pages as people use them: a real browser before a real service, from the form to the recommendation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import Visit, chromium
from tests.service.harness import TINY, Service


@pytest.fixture(scope="module", name="browser")
def opened_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", name="service")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("service") / "data") as service:
        yield service


SETTINGS = {
    "#teacher": "resnet20",
    "#classes": "10",
    "#input": "3x16x16",
    "#max_params": "0.4M",
    "#evaluations": "30",
    "#label": "<img src=x onerror=alert(1)>",
    "#probe_size": "8",
    "#student_inits": "2",
    "#teacher_inits": "1",
}


def test_a_search_is_asked_for_followed_and_explained(service: Service, browser: Browser, tmp_path: Path) -> None:
    visit = Visit(browser, url=service.url)
    page = visit.page
    page.goto("/")
    page.get_by_role("link", name="Start the first one").click()
    page.get_by_text("More settings").click()
    page.locator("#space").select_option("cifar-resnet")
    page.locator("#score").select_option("nwot")
    for field, text in SETTINGS.items():
        page.fill(field, text)
    page.fill("#evaluations", "0")
    expect(page.locator("#evaluations-wrong")).to_have_text("evaluations must be at least 1, not 0")
    visit.check()
    page.fill("#evaluations", "30")
    expect(page.locator("#price")).to_contain_text("Up to 30 evaluations, 70 networks.")
    page.get_by_role("button", name="Start search").press("Enter")
    expect(page.get_by_role("heading", name="Recommended student")).to_be_visible(timeout=60_000)
    assert page.locator("strong").first.inner_text() == SETTINGS["#label"]
    page.wait_for_selector("#tradeoff .plotly .points path")
    page.locator("#table tbody tr").first.get_by_role("button").press("Enter")
    expect(page.locator("#chosen")).to_contain_text("What each term adds to its score")
    visit.check()
    dark = Visit(browser, 390, "dark", service.url)
    dark.page.goto(page.url)
    dark.page.wait_for_selector("#tradeoff .plotly .points path")
    dark.check()
    dark.page.goto("/searches/new")
    dark.check()


def test_a_search_is_cancelled_resumed_and_compared(service: Service, browser: Browser) -> None:
    one = service.finished(service.post(evaluations=20)["id"])
    long = service.post(evaluations=20_000, space="mobilenetv2", seed=1)
    visit = Visit(browser, url=service.url)
    page = visit.page
    page.goto(f"/searches/{long['id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#state")).to_have_text("cancelled", timeout=60_000)
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#state")).to_have_text("cancelled", timeout=60_000)
    visit.check()
    page.goto("/searches")
    for job in (one, long):
        page.locator(f'input[value="{job["id"]}"]').check()
    visit.check()
    page.get_by_role("button", name="Compare two").click()
    expect(page.locator(".notice")).to_contain_text("another space, seed")
    assert TINY["teacher"]["name"] in page.locator("thead").first.inner_text()
    visit.check()
