"""Searches that were made before."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from diswot.cache.contents import contents
from diswot.cli.app import app
from diswot.proxies import proxies_of
from diswot.search.opinions import opinions
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.workflow import explain, run_search
from diswot_spaces import get_space

SPEC = SearchSpec(
    TeacherSpec("resnet20", 10, (3, 16, 16)),
    space="cifar-resnet",
    probe=ProbeSpec("noise", 8),
    evaluations=12,
    student_inits=2,
    teacher_inits=1,
    population=6,
    tournament=2,
)


def document(folder: Path | None, spec: SearchSpec = SPEC) -> dict[str, Any]:
    result = run_search(Search(spec), ComputeSpec("serial", cache=folder), lambda _: None)
    assert result is not None
    found: dict[str, Any] = json.loads(result.model_dump_json())
    return found


@pytest.fixture
def _nothing_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a second search costs lookups only")

    monkeypatch.setattr("diswot.evaluation.observe_teacher", refuse)
    monkeypatch.setattr("diswot.workflow.open_executor", refuse)
    monkeypatch.setattr("diswot.workflow.connect", refuse)


def test_the_result_says_what_was_measured_before_and_is_otherwise_the_same(tmp_path: Path) -> None:
    documents = [document(folder) for folder in (None, tmp_path, tmp_path)]
    assert [one.pop("cache") for one in documents] == [
        None,
        {"hits": 0, "partial": 0, "misses": 24, "damaged": 0, "hit_rate": 0.0},
        {"hits": 24, "partial": 0, "misses": 0, "damaged": 0, "hit_rate": 1.0},
    ]
    timings = [one.pop("timings") for one in documents]
    assert [timing.keys() for timing in timings] == [timings[0].keys()] * 3
    assert json.dumps(documents[0]) == json.dumps(documents[1]) == json.dumps(documents[2])


@pytest.fixture(name="before")
def searched_before(tmp_path: Path) -> dict[str, Any]:
    return document(tmp_path)


def test_a_second_search_observes_no_teacher_and_starts_no_worker(
    before: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("_nothing_is_computed")
    assert document(tmp_path)["cache"]["hit_rate"] == 1.0
    arch = get_space("cifar-resnet").decode(before["recommended"]["arch"])
    assert explain(SPEC, arch, ComputeSpec("serial", cache=tmp_path)).student.score == before["recommended"]["score"]


def test_a_search_with_other_limits_measures_only_what_is_new(before: dict[str, Any], tmp_path: Path) -> None:
    assert before["cache"]["misses"] == 2 * 12, "all are finalists"
    use = document(tmp_path, SearchSpec(**{**_fields(SPEC), "evaluations": 20}))["cache"]
    assert use["hits"] + use["misses"] == 2 * 20
    assert use["hits"] == 2 * 12


def _fields(spec: SearchSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


SEARCH = ["search", "--teacher", "resnet20", "--space", "cifar-resnet", "--input", "3x16x16", "--probe-size", "8"]
SEARCH += ["--evaluations", "20", "--student-inits", "2", "--teacher-inits", "1", "--executor", "serial", "--json"]


def test_a_search_that_is_killed_while_it_writes_leaves_what_it_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", "from diswot.cli import main; main()", *SEARCH]
    environment = {**os.environ, "DISWOT_CACHE": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as killed:
        while killed.poll() is None and not contents(folder).values:
            time.sleep(0.02)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL, "in the middle"
    left = contents(folder)
    assert left.fault is None
    assert left.values > 0
    warm, cold = _search(folder), _search(tmp_path / "none")
    proxies = proxies_of(("default", *opinions("default")))
    assert warm.pop("cache")["hits"] >= left.values // (2 * len(proxies))  # for each of two initializations
    assert cold.pop("cache")["hits"] == 0
    assert warm.pop("timings").keys() == cold.pop("timings").keys()
    assert warm == cold


def _search(folder: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, SEARCH, env={"DISWOT_CACHE": str(folder)})
    assert done.exit_code == 0
    found: dict[str, Any] = json.loads(done.stdout)
    return found
