"""`diswot distill`, `evaluate` and `distillers` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diswot.distillation.folder import read_report, read_spec
from diswot.report.files import read_result
from tests.diswot.cli.inside import diswot
from tests.diswot.distillation.made import STUDENT, TEACHER

SMALL = ("--epochs", "1", "--train-images", "60", "--batch-size", "16", "--train-teacher")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished search."""
    folder = tmp_path_factory.mktemp("search") / "first"
    task = (
        "--teacher",
        TEACHER,
        "--classes",
        "10",
        "--input",
        "1x8x8",
        "--space",
        "cifar-resnet",
        "--executor",
        "serial",
    )
    done = diswot("search", *task, "--evaluations", "4", "--probe-size", "4", "--teacher-inits", "1", "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_the_recommended_student_of_a_search_is_distilled_and_evaluated(found: Path, tmp_path: Path) -> None:
    out = tmp_path / "student"
    done = diswot("distill", "--search", found, "--student", "best", *SMALL, "--out", out)
    assert done.returncode == 0, done.stderr
    report, result = read_report(out), read_result(found / "result.json")
    assert report.spec.student == f"cifar-resnet:{result.recommended.arch}"
    assert report.spec.teacher.name == TEACHER
    assert report.group("distilled").params == result.recommended.params
    assert [line.split()[1] for line in done.stdout.splitlines() if "%" in line] == ["teacher", "distilled"]
    judged = diswot("evaluate", out, "--json")
    assert json.loads(judged.stdout)["accuracy"] == report.accuracy
    assert f"{report.accuracy:.2%}" in diswot("evaluate", out).stdout
    again = diswot("distill", "--resume", out, "--json")
    assert json.loads(again.stdout)["groups"][0] == json.loads(report.model_dump_json())["groups"][0]
    refused = diswot("distill", "--search", found, *SMALL, "--out", out)
    assert refused.returncode == 2
    assert "holds a distillation; go on with --resume" in refused.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "--out must be given: the folder for weights, report and checkpoints"),
        (("--out", "x"), "--teacher must be given: name of the teacher network"),
        (("--out", "x", "--teacher", "resnet20"), "--student must be given: student network"),
        (("--out", "x", "--search", "nowhere"), "--search 'nowhere' holds no finished search: it has no result.json"),
        (("--resume", "nowhere"), "there is no distillation to resume in 'nowhere': it has no distillation.json"),
        (
            ("--resume", "nowhere", "--epochs", "3"),
            "with the settings that the distillation began with; leave out --epochs",
        ),
        (
            ("--out", "x", "--teacher", "resnet20", "--student", STUDENT, "--teacher-weights", "none.pth"),
            "weights file 'none.pth' does not exist",
        ),
        (("--out", "x", "--teacher", "resnet20", "--student", STUDENT), "give --teacher-weights FILE, or train it"),
        (
            ("--out", "x", "--teacher", "resnet20", "--student", STUDENT, "--train-teacher", "--data", "photos"),
            "unknown data 'photos'; valid: digits, folder:PATH",
        ),
        (
            ("--out", "x", "--teacher", "resnet20", "--student", STUDENT, "--train-teacher", "--distiller", "magic"),
            "unknown distiller 'magic'; valid: none, kd, ",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    done = diswot("distill", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_student_is_not_evaluated(tmp_path: Path) -> None:
    done = diswot("evaluate", tmp_path)
    assert done.returncode == 2
    assert "holds no distilled student: it has no student.json" in done.stderr
    with pytest.raises(Exception, match="there is no distillation to resume"):
        read_spec(tmp_path)


def test_distillers_are_listed_with_what_they_need() -> None:
    rows = {row["name"]: row for row in json.loads(diswot("distillers", "--json").stdout)}
    assert rows["kd"]["needs"] == ["teacher"]
    assert rows["kd"]["settings"] == {"temperature": 4.0}
    assert rows["crd"]["needs"] == ["teacher", "labels", "features", "indices"]
    assert rows["uskd"]["needs"] == ["labels", "maps"]
    text = diswot("distillers").stdout
    assert all(name in text for name in rows)
