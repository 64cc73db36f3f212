"""What every command does with its words: old names of options, and words that are empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.cli.command import RENAMED
from tests.diswot.cli.inside import diswot

SEARCH = ("search", "--teacher", "resnet20", "--space", "cifar-resnet")


@pytest.mark.parametrize("old", RENAMED)
@pytest.mark.parametrize("tied", [False, True])
def test_an_old_name_is_taken_with_a_note(old: str, tied: bool) -> None:
    """The value is wrong, so that nothing is searched; the refusal speaks of the new name."""
    new = RENAMED[old]
    done = diswot(*SEARCH, *([f"{old}=-1"] if tied else [old, "-1"]))
    note, refusal = done.stderr.splitlines()
    assert note == f"note: {old} is now called {new}"
    name = new[2:].replace("-", "_")
    assert refusal.startswith((f"error: {name} must be ", "error: unknown pareto cost '-1'; valid: params, "))
    assert done.returncode == 2


def test_old_names_are_not_shown() -> None:
    shown = diswot("search", "--help").stdout.split()
    assert "--student-inits" in shown
    assert not RENAMED.keys() & set(shown)


def test_an_old_name_means_nothing_where_there_is_no_new_one() -> None:
    done = diswot("score", "--teacher", "resnet20", "--arch", "1-1-1", "--beyond", "0.2")
    assert done.returncode == 2
    assert "note" not in done.stderr
    assert "--beyond" in done.stderr


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((*SEARCH, "--out", ""), "--out"),
        ((*SEARCH, "--out="), "--out"),
        (("search", "--resume", ""), "--resume"),
        ((*SEARCH, "--weights", ""), "--weights"),
        (("batch", ""), "an argument"),
        (("batch", "plan.yaml", "--out", ""), "--out"),
        (("benchmark", "correlation", "--labels", "", "--column", "x"), "--labels"),
        (("benchmark", "search", "--labels", "t.csv", "--out="), "--out"),
        (("data", "import-nasbench201", ""), "an argument"),
    ],
)
def test_an_empty_path_is_refused_before_any_work(words: tuple[str, ...], name: str, tmp_path: Path) -> None:
    done = diswot(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: {name} must not be empty\n")
    assert list(tmp_path.iterdir()) == []
