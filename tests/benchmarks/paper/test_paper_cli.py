"""`diswot benchmark paper`, as a user types it, at its smallest."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from diswot.errors import DiswotError
from diswot_benchmarks.cli import app
from diswot_spaces import get_space

VERDICTS = {"holds", "does not hold", "cannot be told"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables with made-up accuracies; short training tells the whole truth."""
    folder = tmp_path_factory.mktemp("data")
    resnets, cells = get_space("cifar-resnet"), get_space("nasbench201")
    lines = ["arch,cifar100_test_vanilla,cifar100_test_distilled"]
    lines += [f"{resnets.encode(a)},{60 + sum(a.choices)},{65 + sum(a.choices)}" for a in resnets.enumerate()]
    (folder / "diswot_resnet_s0.csv").write_text("\n".join(lines) + "\n")
    lines = ["arch,cifar100_test_200,cifar100_valid_12"]
    lines += [
        f"{cells.encode(a)},{(m := 20 + i * 7919 % 15625 / 300):.4f},{m / 2:.4f}"
        for i, a in enumerate(cells.enumerate())
    ]
    (folder / "nasbench201.csv").write_text("\n".join(lines) + "\n")
    return folder


def paper(data: Path | None, out: Path, *more: str) -> Result:
    words = ["paper", "--out", str(out), "--teacher", "resnet20", "--classes", "10", "--teacher-inits", "1"]
    words += ["--probe-size", "4", "--student-inits", "1", "--executor", "serial", "--evaluations", "3", "--runs", "2"]
    words += ["--timed", "1", "--steps", "1", *(["--data", str(data)] if data else []), *more]
    return CliRunner().invoke(app, words, env={"COLUMNS": "120", "DISWOT_DATA": ""})


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A finished run of every check with the JSON it printed."""
    out = tmp_path_factory.mktemp("cli") / "run"
    return out, paper(data, out, "--json")


def test_json_is_one_object_with_a_verdict_for_each_claim(finished: tuple[Path, Result]) -> None:
    out, result = finished
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document == json.loads((out / "paper.json").read_text())
    claims = document["claims"]
    assert [claim["check"] for claim in claims] == ["students", *["similarities"] * 2, "speed", *["search"] * 3]
    for claim in claims:
        assert claim["verdict"] in VERDICTS
        assert claim["figures"]
        assert claim["command"].startswith(f"diswot benchmark paper --check {claim['check']} --teacher resnet20 ")
    assert document["teacher"] == "resnet20"
    speed = claims[3]["figures"]
    assert speed["training_seconds"] > speed["evaluation_seconds"] > 0


def test_random_search_by_labels_that_tell_the_truth_finds_the_best_it_sees(finished: tuple[Path, Result]) -> None:
    """Same draws, and it picks the best of them: no proxy can find more."""
    accuracies = json.loads(finished[1].stdout)["claims"][-1]["figures"]["accuracies"]
    trained = accuracies.pop("cifar100_valid_12")
    assert set(accuracies) == {"diswot", "default", "nwot", "params"}
    assert all(found["mean"] <= trained["mean"] + 1e-9 for found in accuracies.values())


def test_the_command_of_a_claim_repeats_it(finished: tuple[Path, Result], tmp_path: Path) -> None:
    claims = json.loads(finished[1].stdout)["claims"]
    words = shlex.split(claims[4]["command"])[2:]
    words += ["--executor", "serial", "--out", str(tmp_path / "again"), "--json"]
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["claims"] == claims[4:]


def test_raw_scores_of_an_earlier_run_give_the_same_verdicts(
    data: Path, finished: tuple[Path, Result], tmp_path: Path
) -> None:
    out, result = finished
    again = paper(data, tmp_path / "out", "--check", "search", "--from", str(out / "nasbench201"), "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["claims"] == json.loads(result.stdout)["claims"][4:]
    assert json.loads((tmp_path / "out" / "nasbench201" / "result.json").read_text())["measured"] == 0


def test_the_table_is_for_people(data: Path, tmp_path: Path) -> None:
    result = paper(data, tmp_path / "out", "--check", "students", "--label-noise", "0")
    assert result.exit_code == 0, result.stderr
    words = " ".join(result.stdout.split())
    assert "claim of the paper verdict because" in words
    assert "does not hold" in words
    assert "[0.00, 0.00]" in words
    assert "teacher resnet20, 10 classes, random weights" in words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--check", "size"], "unknown check 'size'; valid: students, similarities, speed, search"),
        (["--epochs", "0"], "epochs must be at least 1, not 0"),
        (["--label-noise", "-1"], "label_noise must be at least 0, not -1.0"),
        (["--runs", "0"], "runs must be at least 1, not 0"),
        (["--evaluations", "0"], "evaluations must be at least 1, not 0"),
        (["--algorithm", "annealing"], "unknown algorithm 'annealing'; valid: aging-evolution,"),
        (["--executor", "threads"], "unknown executor 'threads'; valid: serial, processes, ray"),
        (["--data", "/nowhere"], "label file '/nowhere/diswot_resnet_s0.csv' does not exist"),
        (["--from", "/nowhere"], "--from '/nowhere' holds no raw scores: it has no evaluations-"),
        (["--out", "/dev/null"], "--out '/dev/null' is a file, not a folder"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    data: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    out = tmp_path / "out"
    result = paper(data, out, *words)
    assert isinstance(result.exception, DiswotError), "diswot.cli.main turns it into exit code 2"
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not result.stdout
    assert not out.exists()


def test_without_tables_it_says_where_they_are_looked_for(tmp_path: Path) -> None:
    result = paper(None, tmp_path / "out")
    assert str(result.exception) == "no folder of label tables: give --data, or set DISWOT_DATA"
