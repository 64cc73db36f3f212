"""Proxies and scores of other packages: as objects, by import path, and by entry point."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from diswot.errors import InputError, UnknownName
from diswot.evaluation import EvalTask, EvaluatorSpec
from diswot.executors import open_executor
from diswot.observation.capture import Capture
from diswot.probes.noise import white_noise
from diswot.proxies import AGGREGATES, PROXIES, SCORES, Aggregate, Proxy, get_proxy, get_score, proxies_of
from diswot.proxies.base import ProxyInput
from diswot.spec.compute import ComputeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import Registry, get_space
from tests.diswot.cli.inside import diswot
from tests.search_spaces.plugins import importable, install

MODULE = """
    from diswot.observation.capture import Capture
    from diswot.proxies import Aggregate, Proxy

    def wide(inputs):
        return float(inputs.student.pooled.shape[1]) + {bonus}

    WIDE = Proxy("wide", "width of the head", "nowhere", wide, Capture.HEAD)
    LAZY = Proxy("lazy", "width of the head", "nowhere", "{name}:wide", Capture.HEAD)
    BOTH = Aggregate("both", "width and size", "nowhere", {{"{name}:WIDE": 0.5, "params": 1.0}}, "none")
    seven = 7
"""
SEARCH = ("--teacher", "resnet20", "--classes", "10", "--input", "3x16x16", "--space", "cifar-resnet")
TASK = TeacherSpec("resnet20", 10, (3, 16, 16))
SPACE = get_space("cifar-resnet")


@pytest.fixture(name="folder")
def a_folder_of_packages(tmp_path: Path) -> Iterator[Path]:
    with importable(tmp_path):
        yield tmp_path


def package(folder: Path, name: str, bonus: float = 0.0, **groups: str) -> None:
    install(folder, name, MODULE.format(name=name, bonus=bonus), **groups)


def width(inputs: ProxyInput) -> float:
    return float(inputs.student.pooled.shape[1])


WIDTH = Proxy("width", "width of the head", "nowhere", width, Capture.HEAD)


def test_built_in_rows_are_found_by_name() -> None:
    assert get_score("default") is AGGREGATES["default"]
    assert get_proxy("nwot") is PROXIES["nwot"]
    assert list(SCORES.builtin) == [*AGGREGATES, *PROXIES]


def test_an_import_path_names_a_proxy_or_an_aggregate_of_some(folder: Path) -> None:
    package(folder, "scores_a")
    assert get_proxy("scores_a:WIDE").summary == "width of the head"
    assert get_proxy("scores_a:LAZY").compute.__name__ == "wide"
    assert list(proxies_of(["scores_a:BOTH", "scores_a:LAZY"])) == ["scores_a:WIDE", "params", "scores_a:LAZY"]


@pytest.mark.parametrize("name", ["seven", "wide"])
def test_what_is_no_score_is_refused(folder: Path, name: str) -> None:
    package(folder, "scores_b")
    with pytest.raises(
        InputError, match=f"^proxy 'scores_b:{name}' cannot be had: a score is a diswot.proxies.Proxy or"
    ):
        SearchSpec(TASK, score=f"scores_b:{name}")


def test_an_aggregate_is_no_term() -> None:
    nested = Aggregate("nested", "", "", {"default": 1.0}, "none")
    with pytest.raises(
        InputError, match=r"^'default' is a score of several proxies, which cannot be a term of another"
    ):
        proxies_of([SCORES.name_of(nested)])


def test_an_object_has_a_name_in_a_spec() -> None:
    assert SearchSpec(TASK, score=cast("str", WIDTH)).score == "width"
    assert get_score("width") is WIDTH
    with pytest.raises(UnknownName, match="unknown proxy 'width'"):
        SCORES.named("width")  # Over HTTP there are no objects.


@pytest.mark.parametrize("executor", ["serial", "processes", pytest.param("ray", marks=pytest.mark.slow)])
def test_workers_compute_proxies_of_other_packages(
    folder: Path, executor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)  # As after an installation.
    name = f"scores_{executor}"
    package(folder, name)
    names = [f"{name}:BOTH", f"{name}:LAZY", SCORES.name_of(WIDTH)]
    evaluator = EvaluatorSpec(SPACE, TASK, white_noise(4, 10, (3, 16, 16), 0), tuple(names)).build()
    with open_executor(evaluator, ComputeSpec(executor, 1)) as opened:
        (found,) = opened.map([EvalTask(SPACE.decode("1-1-1"))])
    assert found.error is None, found.error
    assert found.values[f"{name}:WIDE"] == found.values[f"{name}:LAZY"] == found.values["width"] == (64.0,)


def test_what_workers_cannot_be_sent_is_said_before_they_start() -> None:
    local = Proxy("local", "a function in a function", "nowhere", lambda _: 1.0)
    evaluator = EvaluatorSpec(SPACE, TASK, white_noise(4, 10, (3, 16, 16), 0), (SCORES.name_of(local),)).build()
    with (
        pytest.raises(InputError, match=r"^worker processes cannot be sent what they shall compute \(.*lambda"),
        open_executor(evaluator, ComputeSpec("processes", 1)),
    ):
        pass


def score(name: str, *more: str) -> dict[str, Any]:
    done = diswot("score", *SEARCH, "--arch", "1-1-1", "--score", name, "--student-inits", "1", "--json", *more)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_command_line_scores_by_an_import_path(folder: Path) -> None:
    package(folder, "scores_d")
    found = score("scores_d:BOTH", "--executor", "processes", "--workers", "1", "--no-cache")
    assert [part["name"] for part in found["parts"]] == ["scores_d:WIDE", "params"]
    assert found["parts"][0]["adds"] == 32.0


def test_scores_of_installed_packages_stand_behind_our_own(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = "wide = scores_e:WIDE\nboth = scores_e:BOTH\nbroken = scores_e:nothing"
    package(folder, "scores_e", diswot__proxies=lines)
    table = Registry(SCORES.kind, SCORES.group, SCORES.builtin, lambda found: get_score(cast("Proxy", found)))
    assert [*table] == [*AGGREGATES, *PROXIES, "wide", "both"]
    assert table.named("both").summary == "width and size"
    assert len(caplog.messages) == 1
    assert "proxy 'broken' of the package scores_e (scores_e:nothing) is left out: AttributeError" in caplog.text


def test_a_batch_ranks_by_an_import_path(folder: Path, tmp_path: Path) -> None:
    package(folder, "scores_h")
    plan = (
        "teachers: [{name: resnet20, num_classes: 10, in_shape: [3, 16, 16]}]\nspaces: [cifar-resnet]\n"
        "constraints: {free: {}}\nsearch: {score: 'scores_h:BOTH', evaluations: 4, probe: {size: 4}}\n"
    )
    (tmp_path / "plan.yaml").write_text(plan)
    done = diswot("batch", "plan.yaml", "--executor", "serial", "--no-cache", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
