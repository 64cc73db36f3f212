"""Searches that are killed, and go on as if they had not been."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.diswot.cli.inside import Done, diswot
from tests.diswot.cli.kills import SEARCH, interrupt, outcome, start

QUICK = (*SEARCH, "--executor", "serial", "--evaluations", "45", "--score", "macs", "--probe-size", "4")


def search(*words: str) -> Done:
    return diswot("search", *words)


@pytest.mark.slow
def test_killed_at_random_moments_a_search_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    tally = interrupt(tmp_path, 4, (*SEARCH, "--evaluations", "40"))
    assert tally.kills == 4
    assert tally.finished >= 1
    assert tally.left == 0


@pytest.fixture(scope="module", name="stopped")
def stopped_search(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search that was interrupted by Ctrl-C behind its first batch."""
    folder = tmp_path_factory.mktemp("stopped") / "run"
    with start(*QUICK, "--out", str(folder), "--student-inits", "5", "--score", "default") as process:
        while process.poll() is None and _measured(folder) < 20:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode not in (0, -signal.SIGINT), said
    assert f"interrupted; go on with: diswot search --resume {folder}" in said
    return folder


def _measured(folder: Path) -> int:
    try:
        return len(json.loads((folder / "checkpoint.json").read_text())["content"]["state"]["evaluations"])
    except FileNotFoundError:
        return 0


def test_an_interrupted_search_leaves_only_its_checkpoint(stopped: Path) -> None:
    assert {path.name for path in stopped.iterdir()} - {".checkpoint.json.partial"} == {"checkpoint.json"}


def test_its_folder_is_kept_from_other_searches(stopped: Path) -> None:
    done = search(*QUICK, "--out", str(stopped))
    assert done.returncode == 2
    assert done.stderr == (
        f"error: '{stopped}' holds a search that is not finished; go on with --resume '{stopped}', "
        "or choose another folder\n"
    )


def test_settings_cannot_be_changed_on_the_way(stopped: Path) -> None:
    done = search("--resume", str(stopped), "--seed", "0", "--teacher", "resnet20")
    assert done.returncode == 2
    assert done.stderr.startswith("error: --resume goes on with the settings that the search began with; leave out ")
    assert done.stderr.endswith("--teacher, --seed\n") or done.stderr.endswith("--seed, --teacher\n")


def test_a_resumed_search_may_compute_elsewhere(tmp_path: Path) -> None:
    whole = search(*QUICK, "--out", str(tmp_path / "whole"))
    assert whole.returncode == 0, whole.stderr
    with start(*QUICK, "--out", str(tmp_path / "run")) as process:
        while process.poll() is None and not (tmp_path / "run" / "checkpoint.json").exists():
            time.sleep(0.01)
        process.kill()
    done = search("--resume", str(tmp_path / "run"), "--executor", "processes", "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert outcome(tmp_path / "run") == outcome(tmp_path / "whole")
    assert json.loads(done.stdout) == json.loads((tmp_path / "run" / "result.json").read_text())
    again = search("--resume", str(tmp_path / "run"))
    assert again.returncode == 2
    sentence = f"the search in '{tmp_path / 'run'}' is finished, there is nothing to resume: see result.json"
    assert again.stderr == f"error: {sentence}\n"


def test_where_nothing_was_begun_nothing_goes_on(tmp_path: Path) -> None:
    done = search("--resume", str(tmp_path / "run"))
    assert done.returncode == 2
    assert done.stderr == (f"error: there is no search to resume in '{tmp_path / 'run'}': it has no checkpoint.json\n")


def test_a_search_that_cannot_begin_leaves_nothing_behind(tmp_path: Path) -> None:
    done = search(*QUICK, "--probe", f"folder:{tmp_path / 'photos'}", "--out", str(tmp_path / "run"))
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_teacher_must_be_given() -> None:
    done = search("--space", "cifar-resnet")
    assert done.returncode == 2
    assert done.stderr == (
        "error: --teacher must be given: name of the teacher network; `diswot teachers` lists the names.\n"
    )
