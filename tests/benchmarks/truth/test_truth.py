"""A truth benchmark on digits: what it draws, what it trains once, what it says."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diswot import Result, Search, SearchSpec, TeacherSpec
from diswot.distillation.record import DistillReport
from diswot.errors import InputError
from diswot.labels.table import read_labels
from diswot.spec.compute import ComputeSpec
from diswot.spec.distillation import DistillSpec
from diswot.spec.images import DataSpec
from diswot.spec.probe import ProbeSpec
from diswot.spec.recipe import RecipeSpec
from diswot.workflow import run_search
from diswot_benchmarks.truth.run import LABELS, run_truth
from diswot_benchmarks.truth.students import draw_students, score_students
from diswot_spaces import get_space

TEACHER = TeacherSpec("resnet20", 10, (1, 8, 8))


@pytest.fixture(scope="module")
def result() -> Result:
    """Of a search for small ResNets."""
    spec = SearchSpec(TEACHER, "cifar-resnet", probe=ProbeSpec(size=4), evaluations=4, teacher_inits=1, relaxation=0.0)
    found = run_search(Search(spec), ComputeSpec("serial", cache=None), lambda _: None)
    assert found is not None
    return found


def spec_of(result: Result) -> DistillSpec:
    return DistillSpec(
        TEACHER,
        f"cifar-resnet:{result.recommended.arch}",
        DataSpec(train_images=40),
        recipe=RecipeSpec(epochs=1, batch_size=16),
        train_teacher=True,
    )


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""


def test_students_have_the_cost_of_the_recommended_one_and_are_drawn_by_seed(result: Result) -> None:
    archs = draw_students(result, 3, 0.5, seed=1)
    space = get_space("cifar-resnet")
    assert space.encode(archs[0]) == result.recommended.arch
    assert len(set(archs)) == 4
    assert archs == draw_students(result, 3, 0.5, seed=1)
    costs = [space.costs(one, 10, (1, 8, 8)) for one in archs]
    assert all(abs(one.params / costs[0].params - 1) <= 0.5 for one in costs)
    assert all(abs(one.macs / costs[0].macs - 1) <= 0.5 for one in costs)
    with pytest.raises(
        InputError, match=r"^cifar-resnet has \d+ others within 0% of the cost of .*; raise --tolerance"
    ):
        draw_students(result, 60, 0.001, seed=1)


def test_the_recommended_student_has_the_score_of_its_search(result: Result) -> None:
    (found,) = score_students(result, draw_students(result, 0, 0.5, seed=0)[:1], ComputeSpec("serial", cache=None))
    assert found.score == pytest.approx(result.recommended.score)


@pytest.mark.slow
def test_students_are_trained_once_and_the_table_is_one_that_benchmarks_read(result: Result, tmp_path: Path) -> None:
    trained: list[str] = []
    found = run_truth(
        result, spec_of(result), tmp_path, lambda what, *_: trained.append(what), students=1, tolerance=0.9
    )
    assert len(found["rows"]) == 2
    assert 1 <= found["rank"] <= 2
    assert found["regret"] >= 0
    assert found["tau"]["params"]["low"] is None  # of two students there is no interval
    again = run_truth(result, spec_of(result), tmp_path, silent, students=1, tolerance=0.9)
    assert again == found
    assert len(list(tmp_path.glob("students/*/trainings/teacher-*"))) == 1
    table = read_labels(tmp_path / LABELS, get_space("cifar-resnet"), ["distilled"])
    assert [label.accuracies[0] for label in table.labels] == pytest.approx(
        [row["accuracy"] for row in found["rows"]], abs=1e-3
    )
    with (tmp_path / LABELS).open() as file:
        assert next(csv.reader(file)) == ["arch", "score", "params", "macs", "distilled", "distilled_0"]
    other = replace(spec_of(result), recipe=RecipeSpec(epochs=2, batch_size=16))
    next((tmp_path / "students").glob("*/report.json")).unlink()
    with pytest.raises(InputError, match="holds another training; choose another --out"):
        run_truth(result, other, tmp_path, silent, students=1, tolerance=0.9)


def test_what_is_said_follows_from_the_accuracies_alone(result: Result) -> None:
    from diswot_benchmarks.truth.run import document
    from diswot_benchmarks.truth.students import ScoredStudent
    from diswot_spaces import Costs

    scored = [
        ScoredStudent(str(i), score, Costs(10 - i, i, 1, 1)) for i, score in enumerate((3.0, 2.0, 1.0, 0.0, -1.0))
    ]
    accuracies = [(0.9, 0.8), (0.95, 0.85), (0.6, 0.5), (0.5, 0.4), (0.3, 0.2)]
    done = [(one, seed, fake(accuracies[i][seed])) for seed in range(2) for i, one in enumerate(scored)]
    found = document(result, replace(spec_of(result), seeds=2), scored, done, 0.1)
    assert found["rank"] == 2
    assert found["regret"] == pytest.approx(5.0)
    assert found["advantage"]["value"] == pytest.approx(85 - (90 + 55 + 45 + 25) / 4)
    assert found["tau"]["score"]["value"] == pytest.approx(0.8)  # one of ten pairs is the wrong way round
    assert found["seed_tau"]["value"] == pytest.approx(1.0)
    assert found["seed_spread"] == pytest.approx(10 / 2**0.5)


def fake(accuracy: float) -> DistillReport:
    """A report of which nothing but its accuracy is looked at."""
    from diswot.distillation.judging import Judgement
    from diswot.distillation.record import Group

    judged = Judgement(images=1, accuracy=1.0, cross_entropy=0.0, ece=0.0, agreement=None, per_class=[1.0])
    group: dict[str, Any] = {"network": "n", "distiller": "kd", "params": 1, "macs": 1, "seeds": 1, "spread": None}
    groups = [Group(kind="distilled", accuracy=accuracy, last_accuracy=accuracy, ece=0.0, agreement=None, **group)]
    return DistillReport.model_construct(groups=groups, images={}, teacher=judged)
