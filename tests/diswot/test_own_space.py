"""The search space of docs/guide/spaces.md in another package: as an object, by import path, by entry point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from diswot.errors import InfeasibleBudget
from diswot.report.result import Result
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.constraints import Constraints
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.testing import SearchSpaceConformance
from diswot.workflow import run_search
from diswot_spaces import SearchSpace
from tests.diswot.cli.inside import diswot
from tests.search_spaces.plugins import importable, install

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "spaces.md"
MODULE = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
PLAIN = '["identity","identity","identity","identity"]'
TEACHER = TeacherSpec("resnet20", 4, (3, 16, 16))
WORDS = ("--teacher", "resnet20", "--classes", "4", "--input", "3x16x16", "--probe-size", "4", "--no-cache")
SHORT = ("--evaluations", "3", "--student-inits", "1", "--teacher-inits", "1", "--executor", "serial")


@pytest.fixture(name="folder")
def a_folder_of_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)  # As after an installation, for Ray.
    with importable(tmp_path):
        yield tmp_path


def package(folder: Path, name: str, **groups: str) -> SearchSpace:
    """Install the module under a name of its own, for workers that earlier tests left know others."""
    install(folder, name, MODULE, **groups)
    return cast("SearchSpace", import_module(name).Blocks())


def spec(space: object, **changes: Any) -> SearchSpec:
    short: dict[str, Any] = {"evaluations": 5, "student_inits": 1, "teacher_inits": 1, "probe": ProbeSpec("noise", 4)}
    return SearchSpec(TEACHER, cast("str", space), **(short | changes))


def search(asked: SearchSpec, executor: str = "serial") -> Result:
    result = run_search(Search(asked), ComputeSpec(executor=executor, workers=1, cache=None), lambda _: None)
    assert result is not None
    return result


def test_it_takes_fewer_than_forty_lines() -> None:
    assert len(MODULE.strip().splitlines()) < 40


def test_it_conforms(folder: Path) -> None:
    class Conformance(SearchSpaceConformance):
        space = package(folder, "own_conforming")
        tasks = ((4, (3, 16, 16)),)
        samples = 3

    tests = [name for name in dir(Conformance) if name.startswith("test_")]
    assert len(tests) > 10
    for name in tests:
        getattr(Conformance(), name)()


@pytest.mark.parametrize("executor", ["processes", pytest.param("ray", marks=pytest.mark.slow)])
def test_every_executor_finds_the_same_in_a_space_that_is_given_as_an_object(folder: Path, executor: str) -> None:
    space = package(folder, f"own_{executor}")
    serial, other = (search(spec(space), name) for name in ("serial", executor))
    leave = {"timings", "cache"}
    assert serial.model_dump(exclude=leave) == other.model_dump(exclude=leave)
    assert serial.outcome.failed == 0
    assert space.encode(space.decode(serial.recommended.arch)) == serial.recommended.arch


def test_a_budget_that_one_network_alone_meets(folder: Path) -> None:
    space = package(folder, "own_budget")
    least = space.costs(space.decode(PLAIN), 4, (3, 16, 16)).params
    assert search(spec(space, constraints=Constraints(max_params=least))).recommended.arch == PLAIN
    sentence = f"^no architecture of own-blocks has at most {least - 1:,} parameters: the nearest costs {least:,} "
    with pytest.raises(InfeasibleBudget, match=sentence):
        Search(spec(space, constraints=Constraints(max_params=least - 1)))


def test_the_command_line_takes_an_import_path_and_resumes_with_it(folder: Path, tmp_path: Path) -> None:
    package(folder, "own_cli")
    out = tmp_path / "out"
    done = diswot("search", *WORDS, *SHORT, "--space", "own_cli:Blocks", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["recommended"]["arch"].startswith('["')
    assert json.loads((out / "result.json").read_text())["search"]["space"] == "own_cli:Blocks"


def test_what_is_not_there_is_one_sentence() -> None:
    done = diswot("search", *WORDS, *SHORT, "--space", "nowhere.at.all:Blocks")
    assert done.returncode == 2
    assert done.stderr == (
        "error: search space 'nowhere.at.all:Blocks' cannot be had: ModuleNotFoundError: No module named 'nowhere'\n"
    )


def test_a_batch_searches_it(folder: Path, tmp_path: Path) -> None:
    package(folder, "own_batch")
    plan = "teachers: [{name: resnet20, num_classes: 4, in_shape: [3, 16, 16]}]\nspaces: ['own_batch:Blocks']\n"
    plan += "constraints: {free: {}}\nsearch: {evaluations: 3, probe: {size: 4}, student_inits: 1, teacher_inits: 1}\n"
    (tmp_path / "plan.yaml").write_text(plan)
    done = diswot("batch", "plan.yaml", "--executor", "serial", "--no-cache", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_installed_spaces_are_listed_and_broken_ones_named_once(folder: Path) -> None:
    package(folder, "own_installed", diswot__spaces="own-blocks = own_installed:Blocks\ntorn = own_installed:Nothing")
    words = [sys.executable, "-c", "from diswot.cli import main; main()", "spaces"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert any(line.split()[0] == "own-blocks" and line.split()[-1] == "81" for line in done.stdout.splitlines()[1:])
    assert done.stderr == (
        "search space 'torn' of the package own_installed (own_installed:Nothing) is left out: "
        "AttributeError: module 'own_installed' has no attribute 'Nothing'\n"
    )
