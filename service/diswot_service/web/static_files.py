"""Scripts of the pages: our own, and plotly.js out of the package that ships it; no other file can be named."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

from fastapi import APIRouter, Header, Response

from diswot.report import assets
from diswot_service.errors import NotFound
from diswot_service.etags import names

OURS = ("layout.js", "curves.js", "live.js", "list.js", "new.js", "compare.js", "login.js")

routes = APIRouter(include_in_schema=False)


def _files() -> dict[str, Traversable]:
    """Every script by the name that pages know it by."""
    here = files("diswot_service.web") / "static"
    shared = {name: assets.own(name) for name in (*assets.MODULES, "search.js")}
    return {**shared, **{name: here / name for name in OURS}, "plotly.min.js": assets.plotly()}


@cache
def _content(name: str) -> tuple[bytes, str]:
    content = _files()[name].read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@routes.get("/static/{name}")
def script(name: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """One script; browsers keep it, and ask whether it is still the same."""
    if name not in _files():
        raise NotFound(f"there is no file {name[:80]!r}")
    content, tag = _content(name)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if if_none_match is not None and names(if_none_match, tag, weakly=True):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/javascript", headers=headers)
