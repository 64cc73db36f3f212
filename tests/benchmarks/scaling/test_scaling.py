"""`diswot benchmark scaling`: made-up evaluations, and the whole command once."""

from __future__ import annotations

import json
import math
import multiprocessing
import os

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.scaling import driver as scaling_driver
from benchmarks.scaling import run as scaling
from benchmarks.scaling.driver import Instant
from benchmarks.scaling.run import family, run_scaling
from diswot.errors import InputError
from diswot.evaluation import EvalTask, Measurer
from diswot.executors import reach
from diswot.probes.noise import white_noise
from diswot.proxies import proxies_of
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from search_spaces import CIFAR, get_space


def test_the_family_has_the_children_and_theirs_but_no_strangers() -> None:
    child = multiprocessing.get_context("spawn").Process(target=family)
    child.start()
    try:
        found = family()
    finally:
        child.join()
        child.close()
    assert found[0] == os.getpid()
    assert len(found) > 1
    assert os.getppid() not in found


def test_made_up_measurements_look_like_real_ones() -> None:
    space = get_space("nasbench201")
    instant = Instant(space, 4, white_noise(2, 4, CIFAR, seed=0), None, proxies_of(["default"]), seed=0)
    task = EvalTask(space.largest, range(2))
    found = instant(task)
    assert isinstance(instant, Measurer)
    assert found == instant(task)
    assert found.values != instant(EvalTask(space.smallest, range(2))).values
    assert found.values.keys() == instant.proxies.keys()
    assert all(len(series) == 2 and all(map(math.isfinite, series)) for series in found.values.values())


@pytest.mark.parametrize("evaluations", [0, 30])
def test_evaluations_come_in_batches(evaluations: int) -> None:
    sentence = f"^evaluations must be a multiple of 20, the batch of a search, not {evaluations}$"
    with pytest.raises(InputError, match=sentence):
        run_scaling(evaluations, 0, lambda *_: None)


@pytest.mark.slow
def test_the_command_measures_every_executor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "TEACHER", TeacherSpec("resnet20", 10))
    monkeypatch.setattr(scaling, "PROBE", ProbeSpec("noise", 4))
    monkeypatch.setattr(scaling, "BATCH", 2)
    monkeypatch.setattr(scaling_driver, "EVALUATIONS", 20)
    monkeypatch.setattr(scaling_driver, "TASKS", 20)
    with reach("ray", 3):  # one cluster for all: what starts and ends one is tested with the executors
        result = CliRunner().invoke(app, ["scaling", "--evaluations", "2", "--json"])
    assert result.exit_code == 0, result.stderr
    payload = json.loads(result.stdout)
    rows = {(row["executor"], row["workers"], row["threads"]): row for row in payload["rows"]}
    assert list(rows) == [
        ("serial", 1, 1),
        ("serial", 1, 2),
        ("processes", 1, 1),
        ("processes", 2, 1),
        ("ray", 1, 1),
        ("ray", 2, 1),
    ]
    assert all(row["evaluations_per_second"] > 0 for row in rows.values())
    assert rows["serial", 1, 1]["peak_rss_mib"] < rows["processes", 1, 1]["peak_rss_mib"]
    assert rows["processes", 1, 1]["peak_rss_mib"] < rows["processes", 2, 1]["peak_rss_mib"]
    assert {"ray_to_processes", "processes_to_two_threads"} <= payload["ratios"].keys()
    driver = payload["driver"]["driver_ms_per_evaluation"]
    assert payload["driver_ms_per_evaluation"] == driver["ray"] > 0
