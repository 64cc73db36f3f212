"""Pages are made from one base, escaped, and never of something that is not there."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from diswot.report.html import data_uri, render


@pytest.fixture(name="package")
def package_with_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package outside the tree whose page extends the base."""
    folder = tmp_path / "pages_of_somebody" / "templates"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "page.html").write_text(
        '{% extends "base.html" %}{% from "figure.html" import figure %}'
        "{% block content %}<p>{{ text }}</p>{{ figure('<svg/>', text) }}{% endblock %}",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pages_of_somebody", raising=False)
    return "pages_of_somebody"


def test_a_page_of_another_package_extends_the_base_and_is_escaped(package: str) -> None:
    page = render(package, "page.html", title="a & b", text="<i>", protocol=["1 < 2"])
    assert "<title>a &amp; b</title>" in page
    assert "<li>1 &lt; 2</li>" in page
    assert "<p>&lt;i&gt;</p>" in page
    assert f'<img alt="&lt;i&gt;" src="{data_uri("<svg/>")}">' in page


def test_a_value_that_is_missing_is_an_error(package: str) -> None:
    with pytest.raises(UndefinedError, match="'text' is undefined"):
        render(package, "page.html", title="a")


def test_an_image_is_held_by_its_address() -> None:
    kind, _, data = data_uri("<svg>ü</svg>").partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == "<svg>ü</svg>"
