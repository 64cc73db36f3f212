"""`diswot spaces`: lists, shows, checks and begins search spaces."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.diswot.cli.inside import diswot

MINE = """
name: mine
stem: {block: conv, width: 8}
stages:
  - {block: basic, width: [8, 16], depth: [1, 2, 3]}
  - width: 16
    depth: 2
    stride: 2
    blocks: [identity, inverted_residual]
constraints:
  - stages[0].depth < 3 or stages[0].width > 16
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return path


def test_the_list_counts_architectures() -> None:
    shown = diswot("spaces").stdout
    assert "nasbench-macro" in shown
    assert "6,561" in shown


def test_a_space_is_shown_with_choices_costs_and_members(mine: Path) -> None:
    shown = diswot("spaces", "show", mine, "--classes", "10").stdout
    assert [line.split() for line in shown.splitlines()[1:3]] == [["architectures", "16"], ["looked", "at", "all"]]
    assert "stages[0].width      8, 16" in shown
    assert shown.count("16 x 16 x 16") >= 3
    assert shown.count(" layers\n") == 3


def test_a_space_is_told_as_json(mine: Path) -> None:
    told = json.loads(diswot("spaces", "show", mine, "--json").stdout)
    assert told["decisions"][0] == {"name": "stages[0].depth", "options": [1, 2, 3]}
    assert (told["size"], told["seen"], told["whole"], told["distinct"]) == (16, 16, True, 16)
    assert told["least"]["params"] < told["most"]["params"]
    assert len(told["members"]) == 3


def test_a_check_builds_members_and_names_what_nothing_takes(mine: Path) -> None:
    done = diswot("spaces", "check", mine, "--samples", "3")
    assert done.returncode == 0
    assert "3 of 3 built, ran, cost what their formulas say, and mutated" in done.stdout
    assert "no architecture takes 3 at stages[0].depth" in done.stdout


def test_a_check_ends_with_the_first_failure() -> None:
    done = diswot("spaces", "check", "tests.diswot.cli.wrong:Wrong", "--samples", "2")
    assert done.returncode == 1
    assert "failed: 2 of 2 architectures of wrong fail; the first: [" in done.stderr
    assert " costs Costs(params=" in done.stderr


def test_a_file_to_begin_with_is_written_once(tmp_path: Path) -> None:
    done = diswot("spaces", "init", "family.yaml", cwd=tmp_path)
    assert done.stdout == "wrote family.yaml; next: diswot spaces check family.yaml\n"
    assert diswot("spaces", "check", "family.yaml", "--samples", "2", cwd=tmp_path).returncode == 0
    again = diswot("spaces", "init", "family.yaml", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (2, "error: 'family.yaml' exists already; name another file\n")


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(diswot("spaces", "schema").stdout))


def test_a_search_goes_through_a_file_and_needs_it_no_more(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--teacher", "resnet20", "--classes", "10")
    few = ("--evaluations", "4", "--student-inits", "1", "--probe-size", "4")
    done = diswot("search", *words, *few, "--score", "nwot", "--space", mine, "--out", out)
    assert done.returncode == 0, done.stderr
    mine.unlink()
    result = json.loads((out / "result.json").read_text())
    assert json.loads(result["search"]["space"])["name"] == "mine"
    assert "out of mine:" in done.stdout
    scored = diswot("score", *words, "--space", result["search"]["space"], "--arch", result["recommended"]["arch"])
    assert scored.returncode == 0, scored.stderr
