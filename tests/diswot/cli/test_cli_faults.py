"""What is left when a disk is full or a picture cannot be drawn: never less than the result."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diswot.cli import conduct
from diswot.cli.render import show_result
from diswot.report import files
from diswot.search.search import Search
from diswot.storage.atomic import atomic_write
from tests.disks import disk, fill, make_read_only
from tests.diswot.cli.inside import diswot

SEARCH = (
    *("search", "--teacher", "resnet20", "--classes", "10", "--space", "cifar-resnet", "--input", "3x8x8"),
    *("--score", "params", "--probe-size", "4", "--evaluations", "6", "--population", "4", "--student-inits", "1"),
    *("--executor", "serial", "--no-cache"),
)
PLAN = """
teachers: [{name: resnet20, num_classes: 10, in_shape: [3, 8, 8]}]
spaces: [cifar-resnet]
constraints: {small: {max_params: 0.3M}}
search: {evaluations: 6, population: 4, score: params, probe: {size: 4}, student_inits: 1, teacher_inits: 1}
"""


def before_the_files(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Let something happen to the machine when the search is done and nothing written yet."""
    shown = show_result

    def show(result: Any, compute: Any) -> None:
        shown(result, compute)
        change()

    monkeypatch.setattr(conduct, "show_result", show)


def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no picture be drawn, in the worst way: its module does not load."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("'bogus' is not a valid value for backend")

    monkeypatch.setattr("diswot.report.plots.Figure", fail)
    monkeypatch.setattr("diswot.batch.figure.Figure", fail)


def test_a_disk_that_is_full_at_the_end_costs_nobody_the_recommendation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk(tmp_path / "disk", "16m") as folder:
        out = folder / "run"
        with monkeypatch.context() as patch:
            before_the_files(patch, lambda: fill(folder))
            done = diswot(*SEARCH, "--out", out)
        assert done.returncode == 1
        assert "Recommended student for resnet20 with 10 classes" in done.stdout
        assert done.stderr.splitlines()[-1] == (
            f"failed: the result cannot be written to {str(out)!r}: no space is left; "
            f"when there is room, write it with: diswot search --resume {out}"
        )
        assert not (out / "result.json").exists()
        (folder / "hog").unlink()
        again = diswot("search", "--resume", out, "--json")
        assert again.returncode == 0, again.stderr
        assert json.loads(again.stdout) == json.loads((out / "result.json").read_text(encoding="utf-8"))
        assert json.loads(again.stdout)["recommended"]["arch"] in done.stdout
        assert sorted(path.name for path in out.iterdir()) == [
            "candidates.csv",
            "report.html",
            "result.json",
            "search.png",
        ]


def test_a_disk_that_is_full_on_the_way_stops_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with disk(tmp_path / "disk") as folder:
        out = folder / "run"
        began = Search.bind_probe

        def fill_first(search: Search, probe: str) -> None:
            fill(folder)
            began(search, probe)

        monkeypatch.setattr(Search, "bind_probe", fill_first)
        done = diswot(*SEARCH, "--out", out)
    assert done.returncode == 1
    assert done.stderr.count("no checkpoint could be written, the search goes on: no space is left") == 1
    assert "Recommended student for resnet20" in done.stdout
    assert "write it with: diswot search --resume" in done.stderr


def test_a_full_or_read_only_disk_is_refused_before_any_work(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as folder:
        hog = fill(folder)
        done = diswot(*SEARCH, "--out", folder / "run")
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            done.stderr
            == f"error: --out {str(folder / 'run')!r} cannot be written: no space is left in {str(folder)!r}\n"
        )
        hog.unlink()
        make_read_only(folder)
        done = diswot(*SEARCH, "--out", folder / "run")
        assert done.returncode == 2
        assert f"the file system is read-only in {str(folder)!r}" in done.stderr
        (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
        done = diswot("batch", tmp_path / "plan.yaml", "--out", folder / "batch")
        assert done.returncode == 2
        assert f"the file system is read-only in {str(folder)!r}" in done.stderr


def test_a_picture_that_cannot_be_drawn_costs_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_pictures(monkeypatch)
    done = diswot(*SEARCH, "--out", tmp_path / "run")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == (
        "search.png was left out: ValueError: 'bogus' is not a valid value for backend"
    )
    assert done.stdout.splitlines()[-1] == f"Files: {tmp_path / 'run'}/result.json, candidates.csv, report.html."
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "candidates.csv",
        "report.html",
        "result.json",
    ]
    again = diswot("search", "--resume", tmp_path / "run")
    assert again.returncode == 2
    assert "is finished, there is nothing to resume" in again.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_result_that_cannot_be_shown_is_written_all_the_same(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from diswot.cli import main; main()"]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*program, *SEARCH, "--out", str(tmp_path / "run")],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"MPLBACKEND": "bogus"},
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"failed: the result is in {str(tmp_path / 'run')!r}, but cannot be shown: no space is left\n"
    )
    # Nor does a backend that is not there keep Matplotlib's module from loading, and so the result from being written.
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "candidates.csv",
        "report.html",
        "result.json",
    ]


def test_a_resumed_search_does_without_its_picture_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    program = (  # a shell's background jobs, and so their children, are born deaf to Ctrl-C
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from diswot.cli import conduct, main; "
        "conduct.show_result = lambda *_: signal.raise_signal(signal.SIGINT); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *SEARCH, "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert done.stderr.endswith(f"interrupted; go on with: diswot search --resume {out}\n")
    assert [path.name for path in out.iterdir()] == ["checkpoint.json"]
    no_pictures(monkeypatch)
    resumed = diswot("search", "--resume", out)
    assert resumed.returncode == 0
    assert "search.png was left out: ValueError" in resumed.stderr
    assert sorted(path.name for path in out.iterdir()) == ["candidates.csv", "report.html", "result.json"]


def test_a_batch_does_without_its_pictures_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_pictures(monkeypatch)
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    out = tmp_path / "batch"
    done = diswot("batch", tmp_path / "plan.yaml", "--out", out, "--executor", "serial", "--no-cache")
    assert done.returncode == 0, done.stderr
    assert "search.png was left out: ValueError" in done.stderr
    assert "a figure was left out of report.html: cifar-resnet, parameters: ValueError" in done.stderr
    with (out / "comparison.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["arch"] in (out / "report.html").read_text(encoding="utf-8")


def test_files_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    program = [sys.executable, "-c", "from diswot.cli import main; main()"]
    done = subprocess.run(
        [*program, "batch", str(tmp_path / "plan.yaml"), "--out", "b", "--executor", "serial", "--no-cache"],
        capture_output=True,
        env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"score +/- " in b" ".join(done.stdout.split())
    assert "<th>±</th>" in (tmp_path / "b" / "report.html").read_text(encoding="utf-8")


def test_a_batch_whose_disk_is_full_says_what_it_recommends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = atomic_write
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    with disk(tmp_path / "disk") as folder:
        out = folder / "batch"

        def fill_first(path: Path, content: str | bytes) -> None:
            if path.name == "candidates.csv":
                fill(folder)
            written(path, content)

        words = ("batch", tmp_path / "plan.yaml", "--out", out, "--executor", "serial", "--no-cache")
        with monkeypatch.context() as patch:
            patch.setattr(files, "atomic_write", fill_first)
            done = diswot(*words)
        assert done.returncode == 1
        assert re.search(r"failed: the result cannot .*: no space is left; it recommends \d-\d-\d with", done.stderr)
        assert done.stderr.endswith(": no space is left; when there is room, the same command goes on\n")
        (folder / "hog").unlink()
        again = diswot(*words)
        assert again.returncode == 0, again.stderr
        assert (out / "report.html").exists()
