"""Scripts of pages: our own, and plotly.js as the `plotly` package ships it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

MODULES = ("charts.js", "table.js")
"""What `search.js` imports."""


def own(name: str) -> Traversable:
    """A script of ours."""
    return files("diswot.report") / "static" / name


def plotly() -> Traversable:
    """The library that draws charts."""
    return files("plotly") / "package_data" / "plotly.min.js"


@cache
def inside_a_page() -> Mapping[str, object]:
    """All scripts of the page of a search, to be written into it: a file has no others beside it to load."""
    addresses = {f"./{name}": _address(own(name).read_text(encoding="utf-8")) for name in MODULES}
    return {
        "plotly": plotly().read_text(encoding="utf-8"),
        "modules": {"imports": addresses},
        "script": own("search.js").read_text(encoding="utf-8"),
    }


def _address(script: str) -> str:
    return f"data:text/javascript;base64,{base64.b64encode(script.encode()).decode()}"
