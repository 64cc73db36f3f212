"""A default that is changed where it is declared is changed everywhere, as a copy of the packages shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SHOW = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from unittest.mock import patch

from diswot_benchmarks.runs.protocol import CorrelationSpec
from diswot.batch.plan import Plan, jobs_of
from diswot.cli import main
from diswot.report.result import Result
from diswot.spec.command import to_command, to_score_command
from diswot.spec.document import from_flags, to_json
from diswot.spec.score import ScoreSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_service.requests import SearchRequest

def help_of(command):
    with patch.object(sys, "argv", ["diswot", command, "--help"]), redirect_stdout(StringIO()) as said:
        try:
            main()
        except SystemExit:
            pass
    return " ".join(said.getvalue().split())

teacher = TeacherSpec("resnet20")
spec = SearchSpec(teacher)
plan = {"teachers": [{"name": "resnet20"}], "spaces": ["cifar-resnet"], "constraints": {"all": {}}}
print(json.dumps({
    "library": spec.teacher_inits,
    "score": ScoreSpec(teacher).teacher_inits,
    "options": from_flags(SearchSpec, {"teacher": "resnet20"}).teacher_inits,
    "help": help_of("search"),
    "help of score": help_of("score"),
    "plan": jobs_of(Plan.model_validate(plan))[0].spec.teacher_inits,
    "schema of plan": Plan.model_json_schema()["$defs"]["SearchSpecStrict"]["properties"]["teacher_inits"]["default"],
    "http": SearchRequest.model_validate({"teacher": {"name": "resnet20"}}).search_spec().teacher_inits,
    "schema of http": SearchRequest.model_json_schema()["properties"]["teacher_inits"]["default"],
    "document": to_json(spec)["teacher_inits"],
    "schema of result": Result.model_json_schema()["$defs"]["SearchSpec"]["properties"]["teacher_inits"]["default"],
    "benchmark": CorrelationSpec(teacher=teacher, labels="t", columns=()).teacher_inits,
    "command with 8": to_command(SearchSpec(teacher, teacher_inits=8)),
    "command with 9": to_command(SearchSpec(teacher, teacher_inits=9)),
    "score with 8": to_score_command(SearchSpec(teacher, teacher_inits=8), "1-1-1"),
}))
"""


def show(folder: Path) -> dict[str, Any]:
    """What every place says of the number of teacher initializations."""
    path = os.pathsep.join(str(folder / room) for room in ("", "search_spaces", "service", "benchmarks"))
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", SHOW], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The packages again, with another default in the declaration of the teacher's initializations."""
    for package in ("diswot", "search_spaces", "service", "benchmarks"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "diswot" / "spec" / "score.py"
    text, count = re.subn(r"(teacher_inits: Annotated\[.*?\] = )8\n", r"\g<1>9\n", file.read_text(), flags=re.DOTALL)
    assert count == 1
    file.write_text(text)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("default", [8, 9])
def test_a_default_is_the_same_everywhere(default: int, request: pytest.FixtureRequest) -> None:
    found = show(ROOT if default == 8 else request.getfixturevalue("copied"))
    for place in ("help", "help of score"):
        assert f"that are observed. [default: {default}]" in found.pop(place)
    for number in (8, 9):
        said = f"diswot search --teacher resnet20{'' if number == default else f' --teacher-inits {number}'}"
        assert found.pop(f"command with {number}") == said
    assert ("--teacher-inits 8" in found.pop("score with 8")) is (default == 9)
    assert found == dict.fromkeys(found, default)
    assert len(found) == 10
