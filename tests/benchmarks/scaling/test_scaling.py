"""`diswot benchmark scaling`: made-up evaluations, and the whole command once."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from diswot.errors import InputError
from diswot.evaluation import EvalTask, Evaluator
from diswot.executors import connect
from diswot.probes.noise import white_noise
from diswot.proxies import proxies_of
from diswot.spec.compute import ComputeSpec
from diswot.spec.probe import ProbeSpec
from diswot.spec.score import ScoreSpec
from diswot.spec.teacher import TeacherSpec
from diswot_benchmarks.cli import app
from diswot_benchmarks.scaling.console import show_scaling
from diswot_benchmarks.scaling.driver import Instant
from diswot_benchmarks.scaling.run import ScalingSpec, family, run_scaling, spec_of
from diswot_spaces import CIFAR, get_space


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


def test_made_up_evaluations_look_like_real_ones() -> None:
    space = get_space("nasbench201")
    instant = Instant(space, 4, white_noise(2, 4, CIFAR, seed=0), None, proxies_of(["default"]), seed=0)
    task = EvalTask(space.largest, range(2))
    found = instant(task)
    assert isinstance(instant, Evaluator)
    assert found == instant(task)
    assert found.values != instant(EvalTask(space.smallest, range(2))).values
    assert found.values.keys() == instant.proxies.keys()
    assert all(len(series) == 2 and all(map(math.isfinite, series)) for series in found.values.values())


@pytest.mark.parametrize("evaluations", [0, 30])
def test_evaluations_come_in_batches(evaluations: int) -> None:
    sentence = f"^evaluations must be a multiple of 20, the batch of a search, not {evaluations}$"
    with pytest.raises(InputError, match=sentence):
        spec_of(evaluations, 0)


@pytest.mark.slow
def test_every_executor_is_measured() -> None:
    scored = ScoreSpec(TeacherSpec("resnet20", 10), probe=ProbeSpec("noise", 4), teacher_inits=1)
    with connect(ComputeSpec("ray", 3)):  # one cluster for all: what starts and ends one is tested with the executors
        payload = run_scaling(ScalingSpec(2, scored, batch=2, searched=20), lambda *_: None)
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload
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
    assert payload["driver_ms_per_evaluation"] == payload["driver"]["ray"] > 0
    assert list(payload["driver"]) == ["serial", "processes", "ray"]
    console = Console(record=True, file=StringIO(), width=120)
    show_scaling(console, payload)
    text = console.export_text()
    for part in ("2 evaluations each, in turns of 2: default score of nasbench201", "driver of a search, ray: "):
        assert part in text


def test_wrong_input_is_said_before_work_starts() -> None:
    result = CliRunner().invoke(app, ["scaling", "--evaluations", "30", "--json"])
    assert isinstance(result.exception, InputError)
    assert not result.stdout
