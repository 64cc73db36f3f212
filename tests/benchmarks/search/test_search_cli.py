"""`diswot benchmark search`, as a user types it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from diswot.errors import DiswotError
from diswot_benchmarks.cli import app
from diswot_spaces import get_space

SPACE = get_space("cifar-resnet")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels of all 64 ResNets: the deeper, the better."""
    path = tmp_path_factory.mktemp("labels") / "whole.csv"
    lines = [f"{SPACE.encode(arch)},{50 + sum(SPACE.values(arch))}" for arch in SPACE.enumerate()]
    path.write_text("\n".join(["arch,made_up", *lines]) + "\n")
    return path


def search(labels: Path, out: Path, *more: str) -> Result:
    words = ["search", "--space", "cifar-resnet", "--labels", str(labels), "--column", "made_up", "--out", str(out)]
    words += ["--teacher", "resnet20", "--classes", "10", "--teacher-inits", "1", "--probe-size", "4"]
    words += [
        "--student-inits",
        "1",
        "--executor",
        "serial",
        "--proxy",
        "params",
        "--runs",
        "2",
        "--evaluations",
        "4",
        *more,
    ]
    return CliRunner().invoke(app, words, env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def finished(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A finished run with the JSON it printed."""
    out = tmp_path_factory.mktemp("cli") / "run"
    return out, search(whole, out, "--evaluations", "2", "--json")


def test_json_is_one_object_with_the_rows_and_the_protocol(finished: tuple[Path, Result]) -> None:
    out, result = finished
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document == json.loads((out / "result.json").read_text())
    assert {"algorithm", "proxy", "budget", "evaluations", "accuracy_mean", "accuracy_low", "accuracy_high"} | {
        "best_in_budget"
    } <= set(document["rows"][0])
    budgets = list(dict.fromkeys(row["budget"] for row in document["rows"]))
    assert (budgets[0], len(budgets)) == (None, 6)
    assert sorted(budgets[1:]) == budgets[1:]
    for row in document["rows"]:
        assert row["evaluations"] in (2, 4) or (row["algorithm"], row["evaluations"]) == (
            "exhaustive",
            row["architectures"],
        )
    assert (document["runs"], document["teacher"], document["out"]) == (2, "resnet20", str(out))


def test_the_table_is_for_people(whole: Path, finished: tuple[Path, Result]) -> None:
    result = search(whole, finished[0], "--max-params", "0.2M", "--algorithm", "random")
    assert result.exit_code == 0, result.stderr
    assert "No limit: 64 architectures, best 71.00, mean 62.00" in result.stdout
    assert "At most 200,000 parameters: " in result.stdout
    assert "evaluations" in result.stdout
    assert "random" in result.stdout
    assert "exhaustive" not in result.stdout
    assert "looked up after each search" in result.stdout
    assert "no intervals: the mean over 2 search seeds, fewer than 5, has none" in result.stdout
    assert "–" not in result.stdout
    five = search(whole, finished[0], "--max-params", "0.2M", "--algorithm", "random", "--runs", "5")
    assert re.search(r"\d\.\d\d–\d\d\.\d\d", five.stdout)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--column", "imagenet"], "unknown column of whole.csv 'imagenet'; valid: made_up"),
        (["--proxy", "zeno"], "unknown proxy 'zeno'; valid: default,"),
        (["--algorithm", "annealing"], "unknown algorithm 'annealing'; valid: aging-evolution,"),
        (["--runs", "0"], "runs must be at least 1, not 0"),
        (["--evaluations", "0"], "evaluations must be at least 1, not 0"),
        (["--max-params", "many"], "not 'many'"),
        (["--max-params", "10k"], "no architecture of cifar-resnet has at most 10,000 parameters"),
        (["--space", "mobilenetv2"], "so that every one needs a label: mobilenetv2 has"),
        (["--executor", "threads"], "unknown executor 'threads'; valid: serial, processes, ray"),
        (["--workers", "0"], "workers must be at least 1, not 0"),
        (["--from", "/nowhere"], "--from '/nowhere' holds no raw scores: it has no evaluations-"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    whole: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    out = tmp_path / "out"
    result = search(whole, out, *words)
    assert isinstance(result.exception, DiswotError), "diswot.cli.main turns it into exit code 2"
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not result.stdout
    assert not out.exists()
