"""HTML pages that open without a network: reports and web pages extend one base, `templates/base.html`."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(package: str, template: str, **values: Any) -> str:
    """Page made from a template of a package; whatever goes into it is escaped.

    Args:
        package: with a folder `templates`; they can extend `base.html` and import `figure.html`, which belong to all.
        template: name of the file.
        values: what the template asks for.

    Raises:
        UndefinedError: the template asks for something that is not given.

    Example:
        >>> page = render("diswot.report", "base.html", title="Fronts & budgets")
        >>> "<title>Fronts &amp; budgets</title>" in page
        True
    """
    return environment(package).get_template(template).render(values)


@cache
def environment(package: str) -> Environment:
    """Jinja environment that finds the templates of a package, and then those that belong to all."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("diswot.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["data_uri"] = data_uri
    made.filters["json"] = json_data
    return made


def data_uri(svg: str) -> str:
    """Address that holds an SVG image itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def json_data(value: object) -> Markup:
    """JSON inside an element `script`, which nothing in it can end."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704 - no mark-up is left in it
