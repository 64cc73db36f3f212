"""`diswot benchmark correlation` and `report`, as a user types them."""

from __future__ import annotations

import json
import re
import shlex
from html import escape
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from diswot.cache.store import store_file
from diswot.cli import interrupt
from diswot.errors import InputError
from diswot_benchmarks.cli import app


def run(*words: str | Path, data: Path | str = "") -> Result:
    return CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "100", "DISWOT_DATA": str(data)})


def correlation(labels: Path, out: Path, *more: str) -> Result:
    words = ["--space", "cifar-resnet", "--column", "cifar100", "--teacher", "resnet20", "--classes", "10"]
    words += ["--teacher-inits", "1", "--probe-size", "8", "--student-inits", "1", "--executor", "serial"]
    return run(
        "correlation", *words, "--proxy", "relation", "--proxy", "params", "--labels", labels, "--out", out, *more
    )


@pytest.fixture(scope="module")
def finished(labels: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A finished run with the JSON it printed."""
    out = tmp_path_factory.mktemp("cli") / "run"
    return out, correlation(labels, out, "--json")


def test_json_is_one_object_with_the_rows_and_the_protocol(finished: tuple[Path, Result]) -> None:
    out, result = finished
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert [row["proxy"] for row in document["rows"]] == ["relation", "params", "macs", "depth", "nwot"]
    assert document["asked"] == ["relation", "params"]
    assert document["space"] == "cifar-resnet"
    assert document["out"] == str(out)


@pytest.fixture(scope="module")
def page(finished: tuple[Path, Result]) -> tuple[Path, Result]:
    """The page of the run in its default place, with the table that was printed, from the raw scores alone."""
    out, _ = finished
    store_file(out).unlink()
    return out / "report.html", run("report", "--from", out)


def test_a_table_of_fractions_in_the_folder_of_tables_gives_the_same_rows_and_says_so(
    finished: tuple[Path, Result], labels: Path, tmp_path: Path
) -> None:
    first = json.loads(finished[1].stdout)
    _, *lines = labels.read_text().splitlines()
    pairs = (line.split(",")[:2] for line in lines)
    (tmp_path / "few.csv").write_text("\n".join(["arch,cifar100", *(f"{a},0.{v}" for a, v in pairs)]) + "\n")
    words = [
        "correlation",
        "--space",
        "cifar-resnet",
        "--labels",
        "few.csv",
        "--column",
        "cifar100",
        "--proxy",
        "relation",
    ]
    words += ["--proxy", "params", "--teacher", "resnet20", "--classes", "10", "--teacher-inits", "1", "--probe-size"]
    words += [
        "8",
        "--student-inits",
        "1",
        "--executor",
        "serial",
        "--from",
        str(finished[0]),
        "--out",
        str(tmp_path / "run"),
    ]
    result = run(*words, "--json", data=tmp_path)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    for row, other in zip(found["rows"], first["rows"], strict=True):
        assert row | {"seconds_per_arch": 0} == other | {"seconds_per_arch": 0}
    assert found["rows"][1]["regret"] > 1, "points, not hundredths of them"
    assert (found["fractions"], first["fractions"]) == (["cifar100"], [])
    assert "cifar100 as fractions of 1, read as percent" in run("report", "--from", tmp_path / "run").stdout


def test_a_missing_table_says_where_it_was_looked_for(tmp_path: Path) -> None:
    result = run("correlation", "--labels", "few.csv", data=tmp_path)
    assert str(result.exception).startswith(f"label file 'few.csv' does not exist, neither here nor in '{tmp_path}'")
    result = run("search", "--labels", "few.csv")
    assert str(result.exception).startswith(
        "label file 'few.csv' does not exist, and no folder of label tables is named"
    )


def test_report_gives_the_same_rows_and_the_same_page(
    finished: tuple[Path, Result], page: tuple[Path, Result], tmp_path: Path
) -> None:
    out, first = finished
    result = run("report", "--from", out, "--html", tmp_path / "again.html", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == json.loads(first.stdout)
    assert (tmp_path / "again.html").read_text() == page[0].read_text()


def test_the_page_needs_no_network_and_has_its_figures(page: tuple[Path, Result]) -> None:
    path, result = page
    assert "report.html" in result.stderr
    text = path.read_text()
    assert not re.search(r"<(script|link|iframe)|(src|href)=\"(?!data:)|@import|url\(", text)
    assert text.count('<img alt="') == text.count("data:image/svg+xml;base64,") == 3
    assert "relation" in text
    assert "labels.csv" in text
    assert "$" not in text, "every place of the template is filled"


def test_the_table_is_for_people(page: tuple[Path, Result]) -> None:
    text = page[1].stdout
    assert "Against cifar100, n = 6" in text
    assert "params*" in text
    assert "each function counts once" in text
    assert "1,000 resamples" in text
    assert re.search(r"relation +-?\d\.\d{3} -?\d\.\d\d\.\.-?\d\.\d\d", text)


def test_the_page_names_a_command_that_makes_it(
    finished: tuple[Path, Result], page: tuple[Path, Result], labels: Path
) -> None:
    words = json.loads(finished[1].stdout)["timings"]["command"]
    assert escape(words) in page[0].read_text()
    for part in ("--space cifar-resnet", "--teacher resnet20", "--probe-size 8", "--column cifar100", "--proxy params"):
        assert part in words
    again = run(*shlex.split(words)[2:], "--out", finished[0], "--json", data=labels.parent)
    assert json.loads(again.stdout) == json.loads(finished[1].stdout), "the same protocol, and nothing to measure"


def test_a_run_goes_to_a_folder_named_by_its_protocol(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["correlation", "--space", "cifar-resnet", "--labels", str(labels), "--column", "cifar10", "--sample", "2"]
    words += [
        "--proxy",
        "params",
        "--teacher",
        "resnet20",
        "--probe-size",
        "8",
        "--student-inits",
        "1",
        "--executor",
        "serial",
    ]
    folders = [Path(json.loads(run(*words, "--json").stdout)["out"]) for _ in range(2)]
    assert folders[0] == folders[1]
    assert re.fullmatch(r"runs/correlation-cifar-resnet-[0-9a-f]{8}", str(folders[0]))
    assert (tmp_path / folders[0] / "raw.csv").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--column", "imagenet"], "unknown column of labels.csv 'imagenet'; valid: cifar100, cifar10"),
        (["--column", "cifar10", "--proxy", "zeno"], "unknown proxy 'zeno'; valid: default,"),
        (["--column", "cifar10", "--sample", "9"], "sample must be from 2 to the 6 architectures of the table, not 9"),
        (["--column", "cifar10", "--probe", "folder:/nowhere"], "/nowhere"),
        ([], "no column asked for; the columns of labels.csv are cifar100, cifar10"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    labels: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    out = tmp_path / "out"
    result = run("correlation", "--space", "cifar-resnet", "--labels", labels, "--out", out, *words)
    assert isinstance(result.exception, InputError), "diswot.cli.main turns it into exit code 2"
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not result.stdout
    assert not out.exists()


def test_a_report_of_nothing_says_so(tmp_path: Path) -> None:
    result = run("report", "--from", tmp_path)
    assert str(result.exception) == f"'{tmp_path}' holds no correlation run: it has no protocol.json"


def test_the_command_is_mounted_and_ends_with_exit_code_2(
    labels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from diswot.cli import main

    monkeypatch.setattr("sys.argv", ["diswot", "benchmark", "correlation", "--space", "darts", "--labels", str(labels)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "unknown search space 'darts'" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []

    def stop(*_: object) -> None:
        said.append(interrupt._sentence)
        raise KeyboardInterrupt

    monkeypatch.setattr("diswot_benchmarks.correlation.run.run_correlation", stop)
    run("correlation", "--labels", labels, "--column", "cifar10", "--out", tmp_path)
    assert said == ["interrupted; the same command goes on from what has been measured"]
    assert interrupt._sentence == "interrupted"
