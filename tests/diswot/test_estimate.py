"""What a search will cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diswot.estimate import Estimate, Estimator, Speed, networks_left
from diswot.evaluation import Evaluator, EvaluatorSpec
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.constraints import Constraints
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec

SPEC = SearchSpec(
    TeacherSpec("resnet20", 10, (3, 16, 16)),
    "cifar-resnet",
    probe=ProbeSpec("noise", 16),
    evaluations=30,
    finalists=5,
    student_inits=3,
    teacher_inits=8,
)


@pytest.mark.parametrize(
    ("changes", "networks"),
    [
        ({}, 30 + 5 * 2),
        ({"student_inits": 1}, 30),
        ({"score": "az-nas"}, 64 + 30 + 5 * 2),  # the whole space is the reference sample
        ({"constraints": Constraints(max_params=400_000), "relaxation": 0.2}, 30 + 5 * 2 + 20),
        ({"algorithm": "exhaustive", "evaluations": 1000}, 64 + 5 * 2),
    ],
)
def test_networks_are_counted_by_hand(changes: dict[str, Any], networks: int) -> None:
    assert networks_left(Search(replace(SPEC, **changes))) == networks


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> Estimator:
    """Of four workers; a teacher takes 10 s to observe, and a network one."""
    found = Estimator(ComputeSpec("processes", 4, cache=None))
    monkeypatch.setattr(found, "_timed", lambda _: Speed(10.0, 1.0))
    return found


def test_workers_share_the_evaluations_and_the_teacher_is_observed_once(estimator: Estimator) -> None:
    assert estimator.estimate(Search(SPEC)) == Estimate(30, 40, 10.0 + 40 / 4)


def test_a_limit_of_time_limits_the_estimate(estimator: Estimator) -> None:
    assert estimator.estimate(Search(replace(SPEC, max_seconds=3.0))).seconds == 13.0


def test_latency_is_measured_for_each_candidate_alone(estimator: Estimator) -> None:
    timed = replace(SPEC, constraints=Constraints(max_latency=1.0))
    assert estimator.estimate(Search(timed)).seconds == pytest.approx(10.0 + 60 / 4 + 30 * 0.25)  # 20 beyond the limit


def test_the_dry_run_observes_one_teacher_and_one_network_on_a_quarter_of_the_images(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    built: list[EvaluatorSpec] = []
    evaluated: list[int] = []
    build, evaluate = EvaluatorSpec.build, Evaluator.__call__

    def watch(self: EvaluatorSpec) -> Evaluator:
        built.append(self)
        return build(self)

    def count(self: Evaluator, task: object) -> object:
        evaluated.append(len(self.probe.labels))
        return evaluate(self, task)  # type: ignore[arg-type]

    monkeypatch.setattr(EvaluatorSpec, "build", watch)
    monkeypatch.setattr(Evaluator, "__call__", count)
    found = Estimator(ComputeSpec("serial", cache=tmp_path / "cache")).estimate(Search(SPEC))
    assert found.seconds > 0
    assert [(one.teacher_inits, len(one.probe.labels)) for one in built] == [(1, 4)]
    assert evaluated == [4]
    assert list(tmp_path.iterdir()) == []
