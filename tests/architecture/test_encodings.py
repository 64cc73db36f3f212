"""Every text file is UTF-8, whatever the locale: none is opened without saying so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("benchmarks", "diswot", "search_spaces", "service")


def unsaid(source: str) -> Iterator[int]:
    """Lines that open a text file in the encoding of the locale."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _opens_text(node) and "encoding" not in {word.arg for word in node.keywords}:
            yield node.lineno


def _opens_text(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(attr="read_text" | "write_text"):
            return True
        case ast.Attribute(attr="open"):  # `Path.open`; what is opened by a path of its own is of another class.
            modes = call.args
        case ast.Name(id="open"):
            modes = call.args[1:]
        case _:
            return False
    modes = [*modes, *(word.value for word in call.keywords if word.arg == "mode")]
    return all(isinstance(mode, ast.Constant) and "b" not in str(mode.value) for mode in modes)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_text_file_is_opened_in_the_encoding_of_the_locale(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = [f"{path.relative_to(ROOT)}:{n}" for path in files for n in unsaid(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("path.read_text()", [1]),
        ("path.write_text('x', encoding='utf-8')", []),
        ("path.open()\npath.open('a')\npath.open(mode='w')", [1, 2, 3]),
        ("path.open('rb')\nopen(path, 'wb')\nimages.open(item)", []),
        ("open(path)\nopen(path, encoding='utf-8')", [1]),
    ],
)
def test_what_counts_as_unsaid(source: str, lines: list[int]) -> None:
    assert list(unsaid(source)) == lines
