"""From a teacher to a recommended student in one call."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import diswot
from diswot import Result
from diswot.errors import InputError, UnknownName
from diswot.report.student import Student
from diswot.testing import ToySpace
from diswot_spaces.cifar_resnet import CifarResNets

SMALL: dict[str, Any] = {
    "space": "cifar-resnet",
    "evaluations": 6,
    "student_inits": 1,
    "relaxation": 0.0,
    "progress": False,
}


@pytest.fixture(scope="module", name="result")
def recommended() -> Result:
    return diswot.recommend(
        "resnet20", num_classes=10, max_params="0.5M", input="3x16x16", executor="serial", cache=False, **SMALL
    )


def test_a_recommendation_holds_its_constraints(result: Result) -> None:
    assert result.recommended.params <= 500_000
    assert result.search.teacher.in_shape == (3, 16, 16)
    assert result.search.constraints.max_params == 500_000


def test_the_recommended_student_is_a_network(result: Result) -> None:
    for student in (result.recommended, Result.model_validate_json(result.model_dump_json()).recommended):
        network = student.build()
        assert sum(p.numel() for p in network.parameters()) == student.params
        assert network(torch.zeros(2, 3, 16, 16)).shape == (2, 10)


def test_a_student_by_itself_cannot_be_built(result: Result) -> None:
    alone = Student.model_validate(result.recommended.model_dump())
    with pytest.raises(InputError, match="only a student of a result can be built"):
        alone.build()


def test_a_space_and_a_teacher_are_given_as_objects() -> None:
    space, task = ToySpace(), (10, (3, 16, 16))
    given: dict[str, Any] = {"in_shape": task[1], "num_classes": task[0], "score": "params", "executor": "serial"}
    teacher = CifarResNets().build(CifarResNets().smallest, *task)
    found = diswot.recommend(teacher, max_params=space.limit(*task), progress=False, space=space, cache=False, **given)
    assert found.recommended.arch == ToySpace.OPTIMUM
    assert found.recommended.build()(torch.zeros(1, *task[1])).shape == (1, 10)


def test_a_result_as_a_table(result: Result) -> None:
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame["arch"]) == [one.arch for one in result.students]
    assert frame.loc[0, "from_layer-capacity"] == result.recommended.components["layer-capacity"]


def test_a_table_without_pandas(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="needs pandas, which is not installed: pip install pandas"):
        result.to_frame()


def test_a_result_at_a_prompt_and_in_a_notebook(result: Result) -> None:
    assert repr(result).startswith(
        f"{result.recommended.arch} of cifar-resnet, recommended for resnet20 with 10 classes"
    )
    page = result._repr_html_()
    assert page.count("<tr>") == 1 + len(result.students)
    assert result.recommended.arch in page
    assert "latency" not in page


def test_an_unknown_option_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"unknown option 'max_parms'.*max_params"):
        diswot.recommend("resnet20", max_parms=1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere worker processes read the main module again")
def test_no_main_guard_is_needed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    options = ", ".join(f"{name}={value!r}" for name, value in SMALL.items())
    script.write_text(
        textwrap.dedent(f"""
            import diswot
            result = diswot.recommend("resnet20", num_classes=10, input="3x16x16", workers=1, {options})
            print("recommended", result.recommended.arch)
        """),
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    (said,) = done.stdout.splitlines()
    assert said.startswith("recommended ")
