"""A real browser: Debian's Chromium, driven by Playwright, that reaches nothing but this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = Path(os.environ.get("DISWOT_CHROMIUM", "/usr/bin/chromium"))
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = ("http://127.0.0.1:", "http://[::1]:", "file:", "data:", "blob:")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; without one the test is skipped, unless this is a machine that must have it."""
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip(f"there is no browser at {CHROMIUM}; DISWOT_CHROMIUM can name another")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A page, and what went wrong on it.

    Args:
        browser: to open it in.
        width: of the window.
        scheme: `light` or `dark`.
    """

    def __init__(self, browser: Browser, width: int = 1280, scheme: Any = "light", url: str | None = None) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=url, reduced_motion="reduce"
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda line: self.wrong.append(line.text) if line.type == "error" else None)
        self.page.on("request", self._see)

    def _see(self, request: Request) -> None:
        if not request.url.startswith(HERE):
            self.wrong.append(f"asked for {request.url}")

    def check(self) -> None:
        """Nothing went wrong, nothing sticks out to the right, and axe finds nothing to object to."""
        assert self.wrong == []
        assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        found = Axe().run(self.page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
