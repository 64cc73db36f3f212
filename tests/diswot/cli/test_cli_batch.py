"""`diswot batch` as a user meets it: real files; and real processes where they are stopped and killed."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.diswot.cli.inside import Done, diswot
from tests.diswot.cli.kills import DISWOT, outcome

PLAN = """\
teachers:
  - {name: resnet20, num_classes: 10, in_shape: [3, 16, 16]}
spaces: [cifar-resnet]
constraints:
  small: {max_params: 0.2M}
  large: {max_params: 0.3M}
seeds: [0, 1]
search: {score: diswot, evaluations: 8, probe: {size: 8}, teacher_inits: 1, population: 8, tournament: 2, relaxation: 0}
"""
NAMES = [f"resnet20--cifar-resnet--{budget}--seed{seed}" for budget in ("small", "large") for seed in (0, 1)]
SERIAL = ("--executor", "serial", "--no-cache")


def batch(*words: str, cwd: Path) -> Done:
    return diswot("batch", *words, cwd=cwd)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module", name="run")
def whole_batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A batch that nobody disturbed, in `runs/plan`."""
    home = tmp_path_factory.mktemp("whole")
    (home / "plan.yaml").write_text(PLAN)
    done = batch("plan.yaml", *SERIAL, "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    return home / "runs" / "plan", done


def test_one_folder_has_every_search_and_the_comparison(run: tuple[Path, Done]) -> None:
    folder, _ = run
    assert names(folder) == sorted([*NAMES, "comparison.csv", "plan.json", "report.html"])
    for name in NAMES:
        assert names(folder / name) == ["candidates.csv", "result.json", "search.png"]
    assert "<h2>cifar-resnet</h2>" in (folder / "report.html").read_text()


def test_json_is_one_object_on_stdout_and_equals_the_table(
    run: tuple[Path, Done],
) -> None:
    folder, done = run
    found = json.loads(done.stdout)
    assert [(one["name"], one["status"], one["reason"]) for one in found["searches"]] == [
        (name, "finished", None) for name in NAMES
    ]
    with (folder / "comparison.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    told = [{name: "" if value is None else str(value) for name, value in row.items()} for row in found["comparison"]]
    assert told == rows
    assert [row["budget"] for row in rows] == ["small", "large"]
    for row, pair, limit in zip(rows, (NAMES[:2], NAMES[2:]), (200_000, 300_000), strict=True):
        assert int(row["params"]) <= limit
        students = [json.loads((folder / name / "result.json").read_text())["recommended"] for name in pair]
        mine = [student["score"] for student in students if student["arch"] == row["arch"]]
        assert len(mine) == int(row["seeds_that_recommend"])
        if row["seeds_that_measured"] == str(len(mine)):
            assert float(row["score"]) == pytest.approx(sum(mine) / len(mine))


def test_progress_says_what_is_done_and_what_is_left(run: tuple[Path, Done]) -> None:
    _, done = run
    lines = [line for line in done.stderr.splitlines() if line.startswith("[")]
    assert [line.split(": ")[0] for line in lines] == [f"[{i}/4] {name}" for i, name in enumerate(NAMES, 1)]
    assert "; 1 of 4 done, about " in lines[0]
    assert lines[3].endswith("; all done")


def test_run_again_it_looks_and_measures_nothing(run: tuple[Path, Done]) -> None:
    folder, _ = run
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    before = [path.read_bytes() for path in files]
    done = batch("plan.yaml", *SERIAL, cwd=folder.parents[1])
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("was done before") == 4
    assert [path.read_bytes() for path in files] == before
    assert "agreeing" in done.stdout
    assert "Files: runs/plan/report.html, comparison.csv, and a folder for each search." in done.stdout


@contextmanager
def started(home: Path, until: Callable[[], bool]) -> Iterator[subprocess.Popen[str]]:
    """A batch that runs in the background and has come so far."""
    words = [*DISWOT, "batch", "plan.yaml", *SERIAL]
    with subprocess.Popen(words, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not until():
            time.sleep(0.005)
        yield process


def done_in(folder: Path) -> int:
    return len(list(folder.glob("*/result.json")))


def begun_in(folder: Path) -> bool:
    return any(not (path.parent / "result.json").exists() for path in folder.glob("*/checkpoint.json"))


@pytest.mark.slow
def test_stopped_and_killed_it_comes_to_the_same_end(run: tuple[Path, Done], tmp_path: Path) -> None:
    whole, folder = run[0], tmp_path / "runs" / "plan"
    (tmp_path / "plan.yaml").write_text(PLAN)
    with started(tmp_path, lambda: begun_in(folder)) as process:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode not in (0, -signal.SIGINT), said
    assert "interrupted; the same command goes on" in said
    with started(tmp_path, lambda: done_in(folder) >= 1 and begun_in(folder)) as process:
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert 1 <= done_in(folder) < 4
    assert not (folder / "comparison.csv").exists()
    done = batch("plan.yaml", *SERIAL, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    statuses = [one["status"] for one in json.loads(done.stdout)["searches"]]
    assert statuses[0] == "skipped"
    assert statuses[-1] == "finished"
    assert names(folder) == names(whole)
    for name in ("comparison.csv", "report.html", "plan.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    for name in NAMES:
        assert names(folder / name) == names(whole / name)
        assert outcome(folder / name) == outcome(whole / name)


def test_a_dry_run_estimates_the_searches_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    done = batch("plan.yaml", *SERIAL, "--dry-run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["folder"], found["workers"], found["networks"]) == ("runs/plan", 1, 4 * (8 + 8 * 2))
    keys = {"name", "status", "evaluations", "networks", "seconds"}
    assert all(one.keys() == keys for one in found["searches"])
    assert [(one["name"], one["status"], one["evaluations"]) for one in found["searches"]] == [
        (name, "new", 8) for name in NAMES
    ]
    assert found["seconds"] == pytest.approx(sum(one["seconds"] for one in found["searches"]), abs=0.01)
    assert names(tmp_path) == ["plan.yaml"]


def test_a_search_that_fails_ends_with_code_1_and_a_report_on_the_others(
    run: tuple[Path, Done], tmp_path: Path
) -> None:
    shutil.copytree(run[0], tmp_path / "runs" / "plan")
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "runs" / "plan" / NAMES[3] / "result.json").write_text("{")
    done = batch("plan.yaml", *SERIAL, cwd=tmp_path)
    sentence = f"'runs/plan/{NAMES[3]}/result.json' is damaged; delete its folder to search again"
    assert done.returncode == 1
    assert f"[4/4] {NAMES[3]}: failed: {sentence}; all done, 1 failed" in done.stderr
    assert done.stderr.endswith("1 of 4 searches failed; the same command tries them again\n")
    assert [line.split()[-1] for line in done.stdout.splitlines()[1:3]] in (["2/2", "1/2"], ["1/2", "1/2"])
    with (tmp_path / "runs" / "plan" / "comparison.csv").open(newline="") as file:
        assert [row["failed"] for row in csv.DictReader(file)] == ["", f"{NAMES[3]}: {sentence}"]
    assert '<h2 class="failed">Failed searches</h2>' in (tmp_path / "runs" / "plan" / "report.html").read_text()


@pytest.mark.parametrize(
    ("plan", "words", "sentence"),
    [
        (PLAN, [], "say what to search: diswot batch PLAN.yaml; --schema prints what a plan may hold"),
        (PLAN, ["no.yaml"], "plan 'no.yaml' cannot be read: No such file or directory"),
        ("", ["plan.yaml"], "plan 'plan.yaml' is empty; it needs teachers, spaces and constraints"),
        (
            PLAN.replace("0.2M", "10"),
            ["plan.yaml"],
            "constraints.small (space cifar-resnet, teacher resnet20): no archite",
        ),
        (PLAN.replace("[0, 1]", "[x]"), ["plan.yaml", "--dry-run"], "seeds[0] must be a whole number, not 'x'"),
        (PLAN, ["plan.yaml", "--out", "."], "--out '.' is not empty and holds no batch; choose another folder"),
    ],
)
def test_wrong_input_is_one_sentence_and_code_2(plan: str, words: list[str], sentence: str, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(plan)
    done = batch(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {sentence}")
    assert done.stderr.count("\n") == 1
    assert names(tmp_path) == ["plan.yaml"]


def test_the_schema_is_json_and_needs_no_plan(tmp_path: Path) -> None:
    done = batch("--schema", cwd=tmp_path)
    assert done.returncode == 0
    schema: dict[str, Any] = json.loads(done.stdout)
    assert schema["title"] == "Plan"
    assert schema["properties"].keys() == {"schema", "teachers", "spaces", "constraints", "seeds", "search"}
