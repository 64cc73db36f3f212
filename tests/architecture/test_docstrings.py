"""The examples in docstrings are true: every `>>>` of every package is run."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = {ROOT: "diswot", ROOT / "search_spaces": "", ROOT / "service": "", ROOT / "benchmarks": ""}
"""Where packages begin, and the only folder to look into there."""


def modules_with_examples() -> list[str]:
    paths = [(path, place) for place, folder in PLACES.items() for path in sorted((place / folder).rglob("*.py"))]
    shown = [(path, place) for path, place in paths if ">>> " in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(place).with_suffix("").parts).removesuffix(".__init__") for path, place in shown]


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_are_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0
