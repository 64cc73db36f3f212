"""Running a correlation benchmark: what is kept, how it continues, what it refuses."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from diswot.cache.store import store_file
from diswot.errors import DiswotError, InputError
from diswot.evaluation import EvalTask, Evaluation, Evaluator
from diswot_benchmarks.correlation import run as correlation
from diswot_benchmarks.correlation.tables import correlation_table
from diswot_benchmarks.runs.protocol import CorrelationSpec
from diswot_spaces import Architecture
from tests.benchmarks.small import correlate

STATISTICS = (
    "tau",
    "spearman",
    "pearson",
    "tau_top10",
    "tau_budget",
    "tau_budget_macs",
    "precision10",
    "regret",
)


def raw_scores(folder: Path) -> list[dict[str, str]]:
    """The lines of raw.csv without the times."""
    with (folder / "raw.csv").open(newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def folder(spec: CorrelationSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    return correlate(spec, tmp_path_factory.mktemp("runs") / "whole")


def test_every_raw_score_is_kept(folder: Path) -> None:
    rows = raw_scores(folder)
    assert len(rows) == 6 * 5 * 2, "architectures, proxies with the baselines, seeds"
    assert list(rows[0]) == [
        *("arch", "class", "members", "proxy", "seed", "value", "params", "macs", "depth", "error"),
        *("cifar100", "cifar10"),
    ]
    assert {row["proxy"] for row in rows} == {"diswot", "params", "macs", "depth", "nwot"}
    assert {row["seed"] for row in rows} == {"0", "1"}
    assert {(row["arch"], row["cifar100"], row["cifar10"]) for row in rows} >= {("1-1-1", "60.0", "90.0")}
    assert {row["depth"] for row in rows if row["arch"] == "3-3-3"} == {"22"}


def test_the_protocol_says_what_scores_depend_on(folder: Path) -> None:
    protocol = json.loads((folder / "protocol.json").read_text())
    assert protocol["teacher"] == "resnet20"
    assert protocol["probe"] == "noise"
    assert len(protocol["probe_fingerprint"]) == len(protocol["labels_sha256"]) == 64
    assert protocol["proxies"]["diswot"] == {"version": 1}
    assert set(protocol["versions"]) == {"diswot", "numpy", "torch"}
    assert (protocol["seed"], protocol["student_inits"], protocol["duplicates"]) == (0, 2, "once")
    assert not {"date", "machine", "executor"} & set(protocol)
    timings = json.loads((folder / "timings.json").read_text())
    assert set(timings["seconds_per_arch"]) == set(protocol["proxies"])
    assert timings["measured"] == 6


def test_the_table_has_a_row_for_each_proxy_and_column(folder: Path) -> None:
    table = correlation_table(folder)
    rows = table["rows"]
    assert [(row["column"], row["proxy"]) for row in rows] == [
        (column, proxy) for column in ("cifar100", "cifar10") for proxy in ("diswot", "params", "macs", "depth", "nwot")
    ]
    for row in rows:
        assert row["n"] == 6
        assert row["seconds_per_arch"] > 0
        assert set(row) == {"proxy", "column", "n", "seconds_per_arch", "too_few", "undefined"} | {
            name + end for name in (*STATISTICS, "tau_less_params") for end in ("", "_low", "_high")
        }
        assert row["tau_less_params"] == pytest.approx(row["tau"] - rows[1]["tau"])
    assert rows[0]["tau_low"] <= rows[0]["tau"] <= rows[0]["tau_high"]
    assert rows[0]["tau_top10"] is None, "a tenth of six is one architecture, which ranks nothing"
    assert rows[0]["precision10"] is not None
    assert rows[0]["precision10_low"] is None
    assert "precision10" in rows[0]["too_few"], "and one hit or miss has no interval"
    assert rows[3]["undefined"]["tau"] > 0, "resamples of architectures of one depth"
    assert (rows[1]["tau_less_params_low"], rows[1]["tau_less_params_high"]) == (0, 0)
    assert table["statistics"]["resamples"] == 1000
    json.dumps(table, allow_nan=False)


def test_costs_rank_as_the_spaces_formulas_say(folder: Path) -> None:
    # By parameters: 1-1-1 < 3-1-1 < 1-3-1 < 3-3-1 < 1-1-3 < 3-3-3; by accuracy: 1-1-1, 1-1-3, 1-3-1, 3-1-1, 3-3-1,
    # 3-3-3.
    # Discordant: 1-1-3 before 1-3-1, 3-1-1 and 3-3-1, and 1-3-1 before 3-1-1: (11 - 4) / 15.
    rows = {row["proxy"]: row for row in correlation_table(folder)["rows"] if row["column"] == "cifar100"}
    assert rows["params"]["tau"] == pytest.approx(7 / 15)
    # Three architectures have ten layers: 12 untied pairs, all concordant, of 15 by accuracy.
    assert rows["depth"]["tau"] == pytest.approx(12 / (12 * 15) ** 0.5)


class Stopped(KeyboardInterrupt):
    pass


def test_a_stopped_run_continues_to_the_same_raw_scores(spec: CorrelationSpec, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"

    def stop(what: str, done: int, total: int) -> None:
        if done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        correlate(spec, out, stop)
    assert not (out / "raw.csv").exists()
    with pytest.raises(InputError, match=r"is not finished: it has no raw\.csv"):
        correlation_table(out)
    seen: list[tuple[str, int, int]] = []
    correlate(spec, out, lambda *progress: seen.append(progress))
    assert [entry for entry in seen if entry[0] == "measuring"] == [("measuring", done, 6) for done in range(1, 7)]
    assert json.loads((out / "timings.json").read_text())["measured"] == 2
    assert raw_scores(out) == raw_scores(folder)


def test_a_finished_run_is_not_measured_again(spec: CorrelationSpec, folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    seen: list[tuple[str, int, int]] = []
    correlate(spec, folder, lambda *progress: seen.append(progress))
    assert not seen
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_of_another_protocol_is_refused(spec: CorrelationSpec, folder: Path) -> None:
    for other, change in (
        (replace(spec, seed=1), r"probe_fingerprint .*|seed 0, not 1"),
        (replace(spec, columns=("cifar10",)), r'columns \["cifar100", "cifar10"\], not \["cifar10"\]'),
        (replace(spec, student_inits=1), "student_inits 2, not 1"),
    ):
        with pytest.raises(InputError, match=f"holds a run with ({change}); choose another folder"):
            correlate(other, folder)


def test_a_folder_of_something_else_is_refused(spec: CorrelationSpec, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="is not empty and holds no correlation run; choose another folder"):
        correlate(spec, tmp_path)
    with pytest.raises(InputError, match="is a file, not a folder"):
        correlate(spec, tmp_path / "thesis.tex")


def test_bad_input_writes_nothing(spec: CorrelationSpec, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for bad in (replace(spec, columns=("imagenet",)), replace(spec, sample=7)):
        with pytest.raises(InputError):
            correlate(bad, out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"space": "darts"}, "unknown search space 'darts'"),
        ({"proxies": ("zeno",)}, "unknown proxy 'zeno'"),
        ({"student_inits": 0}, "student_inits must be at least 1, not 0"),
        ({"teacher_inits": 0}, "teacher_inits must be at least 1, not 0"),
        ({"seed": -1}, "seed must be at least 0, not -1"),
    ],
)
def test_what_is_asked_is_checked(spec: CorrelationSpec, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(spec, **change)  # type: ignore[arg-type]


def test_an_aggregate_is_scaled_by_the_reference_sample(
    spec: CorrelationSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archs = [Architecture("cifar-resnet", choices) for choices in ((0, 0, 0), (1, 0, 0), (0, 2, 0))]
    monkeypatch.setattr(correlation, "reference_sample", lambda *_: archs)
    out = correlate(replace(spec, proxies=("params+nwot",), student_inits=1), tmp_path / "run")
    measured = json.loads((out / "timings.json").read_text())["measured"]
    assert measured == 6 + 1, "two of the reference are in the table"
    rows = [row for row in raw_scores(out) if row["arch"] == "3-3-3"]
    terms = json.loads((out / "protocol.json").read_text())["proxies"]["params+nwot"]["terms"]
    assert {row["proxy"] for row in rows} == {"params+nwot", *terms, "params", "macs", "depth", "nwot"}
    assert [row["proxy"] for row in correlation_table(out)["rows"]][:1] == ["params+nwot"]


def test_architectures_that_fail_are_left_out_and_named(
    spec: CorrelationSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = Evaluator.__call__

    def sometimes(self: Evaluator, task: EvalTask) -> Evaluation:
        found = measure(self, task)
        return replace(found, values={}, error="RuntimeError: no") if found.arch == "3-3-1" else found

    monkeypatch.setattr(Evaluator, "__call__", sometimes)
    out = correlate(replace(spec, student_inits=1), tmp_path / "run")
    table = correlation_table(out)
    assert table["failures"] == {"3-3-1": "RuntimeError: no"}
    assert {row["n"] for row in table["rows"]} == {5}


def test_a_run_in_which_all_fail_says_why(
    spec: CorrelationSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: Evaluator, task: EvalTask) -> Evaluation:
        arch = task.arch
        costs = self.space.costs(arch, self.num_classes)
        return Evaluation(self.space.encode(arch), costs, {}, 0.0, "RuntimeError: no")

    monkeypatch.setattr(Evaluator, "__call__", never)
    with pytest.raises(DiswotError, match="6 of 6 architectures failed; the first: RuntimeError: no"):
        correlate(spec, tmp_path / "run")


def test_a_damaged_store_is_set_aside_and_measured_again(
    spec: CorrelationSpec, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = copytree(folder, tmp_path / "run")
    (out / "raw.csv").unlink()
    store_file(out).write_bytes(b"SQLite format 3\0" + b"\1" * 4096)
    correlate(spec, out)
    assert "was damaged" in caplog.text
    assert json.loads((out / "timings.json").read_text())["measured"] == 6
    assert raw_scores(out) == raw_scores(folder)
