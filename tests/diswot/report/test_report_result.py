"""What a result says about its own certainty, and about the teacher."""

from pathlib import Path

import pytest
from torch import nn

from diswot.report.result import min_detectable_difference
from diswot.report.student import Student
from diswot.report.teacher import make_teacher
from diswot.spec.teacher import TeacherSpec


def student(score: float, stderr: float | None, params: int = 1, macs: int = 1) -> Student:
    return Student(
        arch="a", score=score, stderr=stderr, student_inits=2, single_init_score=score, params=params, macs=macs,
        depth=1, memory=1, components={}, raw={},
    )  # fmt: skip


def test_the_resolution_pools_the_spread_over_the_seeds() -> None:
    # Errors 0.3 and 0.4: mean square 0.125, so 1.96 sqrt(2 * 0.125) = 0.98.
    assert min_detectable_difference([student(1.0, 0.3), student(2.0, 0.4)]) == pytest.approx(0.98)
    assert min_detectable_difference([student(1.0, 0.0)]) == 0.0
    assert min_detectable_difference([student(1.0, None)]) is None


def test_the_teacher_stands_beside_the_student() -> None:
    """A ResNet-56 with 100 classes has 861,620 parameters and 125,753,600 multiply-accumulates."""
    record = make_teacher(TeacherSpec("resnet56"), student(1.0, None, 430_810, 251_507_200))
    assert (record.params, record.macs) == (861_620, 125_753_600)
    assert (record.compression, record.macs_ratio) == (2.0, 0.5)
    assert (record.weights, record.unused_weights) == ("random", None)


def test_whose_weights_the_teacher_had(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    tagged, small = "timm:resnet18.a1_in1k", student(1.0, None)
    given = TeacherSpec(nn.Linear(1, 1), 10)  # type: ignore[arg-type]
    found = [
        make_teacher(spec, small) for spec in (given, TeacherSpec(tagged, 10), TeacherSpec(tagged, 10, weights=file))
    ]
    assert [(one.weights, one.unused_weights) for one in found] == [
        ("given", None),
        ("random", "a1_in1k"),
        ("file", None),
    ]
    assert (found[0].params, found[0].compression) == (None, None)  # It cannot be run on images.
