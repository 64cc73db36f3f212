"""A teacher that shows nothing is told of whatever the score looks at, and whatever the cache holds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher
from tests.diswot.cli.inside import Done, diswot

SMALL = (
    "--teacher",
    "resnet20",
    "--classes",
    "10",
    "--space",
    "cifar-resnet",
    "--input",
    "3x16x16",
    "--probe-size",
    "4",
)
SERIAL = ("--student-inits", "1", "--executor", "serial")


@pytest.fixture(scope="module", name="weights")
def weights_with_nan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tensors = build_teacher(TeacherSpec("resnet20", 10, (3, 16, 16)), seed=0).state_dict()
    name = next(name for name in tensors if name.endswith("weight"))
    path = tmp_path_factory.mktemp("teacher") / "nan.safetensors"
    save_file({**tensors, name: torch.full_like(tensors[name], float("nan"))}, path)
    return path


def assert_refused(done: Done, path: Path) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"in {str(path)!r} holds NaN; such a teacher shows nothing" in done.stderr


def test_a_score_and_a_search_refuse_a_teacher_with_nan(weights: Path, tmp_path: Path) -> None:
    env = {"DISWOT_CACHE": str(tmp_path / "cache")}
    score = ("score", *SMALL, *SERIAL, "--arch", "1-1-1")
    search = ("search", *SMALL, *SERIAL, "--evaluations", "2")
    assert_refused(diswot(*score, "--weights", weights, env=env), weights)
    assert diswot(*score, env=env).returncode == 0
    assert_refused(diswot(*score, "--weights", weights, env=env), weights)
    assert_refused(diswot(*search, "--weights", weights, env=env), weights)


def test_a_count_looks_at_no_teacher(weights: Path) -> None:
    assert (
        diswot("score", *SMALL, *SERIAL, "--arch", "1-1-1", "--score", "params", "--weights", weights).returncode == 0
    )
