"""Pages as responses: rendered, with what a browser must not do with them."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from diswot.report.html import render
from diswot.report.view import cost, figure, number

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Scripts come from the service alone, and none stands in a page; plotly.js writes styles into elements."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def page(request: Request, template: str, title: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made from a template of `diswot_service.web`."""
    text = render(
        "diswot_service.web",
        template,
        title=title,
        root=request.scope.get("root_path", ""),
        number=number,
        cost_of=cost,
        figure_of=figure,
        signed_in=getattr(request.state, "by_cookie", False),
        **values,
    )
    return HTMLResponse(text, status, HEADERS)


def wants_page(request: Request) -> bool:
    """Whether an answer is for a person before a browser, and not for a program."""
    inside = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return not inside.startswith("/v1") and "text/html" in request.headers.get("accept", "")


def error_page(request: Request, problem: dict[str, Any]) -> HTMLResponse:
    """A problem as a page."""
    return page(request, "error.html", problem["title"], problem["status"], problem=problem)
