"""Accuracy found against evaluations: curves and intervals by hand, and runs by the real search."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from diswot.errors import InfeasibleBudget, InputError, UnknownName
from diswot.evaluation import EvalTask, Evaluation
from diswot.report.result import Result
from diswot.search.algorithms import ALGORITHMS
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.constraints import Constraints
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.workflow import run_search
from diswot_benchmarks.labels.ground_truth import Truth, read_truth
from diswot_benchmarks.runs.protocol import CorrelationSpec
from diswot_benchmarks.search.run import curve, run_search_benchmark
from diswot_benchmarks.search.spec import SearchBenchmark, budgets_of
from diswot_benchmarks.search.table import mean_interval
from diswot_benchmarks.statistics.intervals import Interval
from diswot_spaces import get_space
from tests.benchmarks.small import SERIAL, quiet

SPACE = get_space("cifar-resnet")
ARCHS = [SPACE.encode(arch) for arch in SPACE.enumerate()]
ACCURACY = {arch: round(40 + 7.3 * (i * 37 % 64) / 10, 2) for i, arch in enumerate(ARCHS)}
"""Made up, and unrelated to size."""


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> CorrelationSpec:
    path = tmp_path_factory.mktemp("labels") / "whole.csv"
    path.write_text("\n".join(["arch,made_up", *(f"{arch},{value}" for arch, value in ACCURACY.items())]) + "\n")
    return CorrelationSpec(
        labels=path,
        columns=("made_up",),
        teacher=TeacherSpec("resnet20", 10),
        space="cifar-resnet",
        proxies=("params", "nwot"),
        probe=ProbeSpec("noise", 4),
        student_inits=1,
        teacher_inits=1,
    )


@pytest.fixture(scope="module")
def spec(scores: CorrelationSpec) -> SearchBenchmark:
    return SearchBenchmark(scores, tuple(ALGORITHMS), (300_000, 150_000), (1, 8, 64), runs=5)


@pytest.fixture(scope="module")
def folder(spec: SearchBenchmark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("runs") / "search"
    run_search_benchmark(spec, folder, None, SERIAL, quiet)
    return folder


def measured(*scored: tuple[str, float | None]) -> Search:
    """A search by NWOT that has measured these; `None` for one that failed."""
    search = Search(SearchSpec(TeacherSpec("resnet20", 10), "cifar-resnet", "nwot"))
    costs = SPACE.costs(SPACE.smallest, 10)
    search.state.evaluations = [
        Evaluation(arch, costs, {}, 0.0, "failed")
        if score is None
        else Evaluation(arch, costs, {"nwot": (score,)}, 0.0)
        for arch, score in scored
    ]
    return search


FIRST_SCORES = {"1-1-1": 3.0, "1-1-3": 2.0, "1-3-1": 1.0, "3-1-1": 3.0}


class Whole:
    """An executor that knows the mean over all initializations; by default those of the first."""

    def __init__(self, means: dict[str, float] | None = None) -> None:
        self.means = means
        self.asked: list[str] = []

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for arch in (task.arch for task in tasks):
            name = SPACE.encode(arch)
            self.asked.append(name)
            mean = FIRST_SCORES[name] if self.means is None else self.means[name]
            yield Evaluation(name, SPACE.costs(arch, 10), {"nwot": (mean, mean)}, 0.0)


def test_the_curve_is_the_accuracy_of_the_best_score_so_far() -> None:
    truth = Truth({"1-1-1": 50.0, "1-1-3": 60.0, "1-3-1": 70.0, "3-1-1": 80.0}, np.ones(4))
    search = measured(("1-1-1", None), ("1-1-3", 2.0), ("1-3-1", 1.0), ("1-1-1", 3.0), ("3-1-1", 3.0))
    np.testing.assert_array_equal(curve(search, Whole(), truth, (1, 2, 3, 4, 5, 9)), [np.nan, 60, 60, 50, 50, 50])


def test_the_curve_goes_by_all_initializations_of_the_best() -> None:
    """Two finalists: by one initialization 3-1-1 is never among them, though it would be the best by all."""
    truth = Truth({"1-1-1": 50.0, "1-1-3": 60.0, "1-3-1": 70.0, "3-1-1": 80.0}, np.ones(4))
    search = measured(("1-1-1", 1.0), ("1-1-3", 2.0), ("1-3-1", 3.0), ("3-1-1", 1.5))
    search.spec = replace(search.spec, finalists=2)
    whole = Whole({"1-1-1": 1.0, "1-1-3": 2.0, "1-3-1": 1.5, "3-1-1": 9.0})
    np.testing.assert_array_equal(curve(search, whole, truth, (1, 2, 3, 5)), [50, 60, 60, 60])
    assert set(whole.asked) == {"1-1-1", "1-1-3", "1-3-1"}


def test_the_interval_of_a_mean_over_runs() -> None:
    assert mean_interval(np.full(5, 70.0), 0) == (70, Interval(70, 70))
    assert mean_interval(np.array([*np.full(5, 70.0), np.nan]), 0) == (70, Interval(70, 70))
    mean, interval = mean_interval(np.array([70.0, 70.0, 70.0, 70.0, np.nan]), 0)
    assert (mean, interval.too_few) == (70, True)
    mean, interval = mean_interval(np.array([np.nan]), 0)
    assert np.isnan([mean, interval.low, interval.high]).all()
    values = np.arange(20.0)
    mean, interval = mean_interval(values, 0)
    assert mean == 9.5
    error = values.std() / np.sqrt(20)  # What resampling draws from has this spread.
    assert (interval.low, interval.high) == pytest.approx((9.5 - 1.96 * error, 9.5 + 1.96 * error), abs=0.3)
    assert mean_interval(values, 0) == (mean, interval)


def test_budgets_are_sixths_of_the_space_unless_named(spec: SearchBenchmark) -> None:
    truth = Truth({str(i): 50.0 for i in range(12)}, np.arange(1.0, 13.0))
    assert budgets_of(replace(spec, max_params=None), truth) == [None, 2, 4, 6, 8, 10]
    assert budgets_of(replace(spec, max_params=(9, 3, 9)), truth) == [None, 3, 9]
    with pytest.raises(InfeasibleBudget, match=r"^no architecture of cifar-resnet has at most 0 parameters: the smal"):
        budgets_of(replace(spec, max_params=(0,)), truth)


def test_a_row_for_each_kind_of_search_and_count(spec: SearchBenchmark, folder: Path) -> None:
    document = json.loads((folder / "result.json").read_text())
    keys = [(row["proxy"], row["budget"], row["algorithm"], row["evaluations"]) for row in document["rows"]]
    assert keys == [
        (proxy, budget, algorithm, evaluations)
        for proxy in ("params", "nwot")
        for budget in (None, 150_000, 300_000)
        for algorithm in ALGORITHMS
        for evaluations in (1, 8, 64)
    ]
    assert document["benchmark"] == "search"
    assert document["search_seeds"] == [0, 4]
    assert (document["teacher"], document["column"], document["measured"]) == ("resnet20", "made_up", 64)
    assert (folder / "search.png").stat().st_size > 10_000
    truth = read_truth(spec.scores, "made_up")
    for row in document["rows"]:
        assert (len(row["accuracies"]), row["runs_that_found_nothing"]) == (5, 0)
        assert row["accuracy_mean"] == pytest.approx(np.mean(row["accuracies"]))
        afforded = truth.within(row["budget"])
        assert (row["best_in_budget"], row["architectures"]) == (afforded.max(), len(afforded))
        assert row["mean_in_budget"] == pytest.approx(afforded.mean())
        ends = [row[name] for name in ("accuracy_low", "accuracy_mean", "accuracy_high", "best_in_budget")]
        assert all(low <= high + 1e-9 for low, high in pairwise(ends))


def test_a_search_that_has_seen_everything_ends_at_the_proxy_s_own_choice(folder: Path) -> None:
    """Of all 64, parameters choose the largest; of those within 150,000 the largest that fits."""
    rows = json.loads((folder / "result.json").read_text())["rows"]
    costs = {arch: SPACE.costs(SPACE.decode(arch), 10).params for arch in ARCHS}
    for budget in (None, 150_000):
        largest = max((arch for arch in ARCHS if budget is None or costs[arch] <= budget), key=costs.__getitem__)
        ends = [row for row in rows if (row["proxy"], row["budget"], row["evaluations"]) == ("params", budget, 64)]
        for end in ("mean", "low", "high"):
            assert [row[f"accuracy_{end}"] for row in ends] == pytest.approx([ACCURACY[largest]] * len(ALGORITHMS))


@pytest.mark.parametrize("budget", [None, 150_000])
def test_a_run_is_what_a_user_s_search_of_that_seed_finds(
    scores: CorrelationSpec, tmp_path: Path, budget: int | None
) -> None:
    spec = SearchBenchmark(scores, ("aging-evolution",), () if budget is None else (budget,), (8,), runs=2)
    document = run_search_benchmark(spec, tmp_path / "run", None, SERIAL, quiet)
    found = []
    for seed in (0, 1):
        asked = SearchSpec(
            scores.teacher,
            scores.space,
            "params",
            scores.probe,
            seed,
            constraints=Constraints(max_params=budget),
            evaluations=8,
            student_inits=1,
            finalists=1,
        )
        result = run_search(Search(asked), ComputeSpec("serial"), lambda _: None)
        assert isinstance(result, Result)
        found.append(ACCURACY[result.recommended.arch])
    row = next(row for row in document["rows"] if (row["proxy"], row["budget"]) == ("params", budget))
    assert row["accuracy_mean"] == pytest.approx(np.mean(found))


def test_a_random_search_that_trains_keeps_the_best_by_training(
    scores: CorrelationSpec, spec: SearchBenchmark, tmp_path: Path
) -> None:
    """Training says the opposite of the truth, and the same: the worst and the best of the architectures drawn."""
    lines = [f"{arch},{value},{100 - value},{value}" for arch, value in ACCURACY.items()]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["arch,made_up,opposite,same", *lines]) + "\n")
    asked = replace(spec, scores=replace(scores, labels=table), algorithms=("random",), max_params=(), evaluations=(4,))
    found = {}
    for trained in ("opposite", "same"):
        document = run_search_benchmark(replace(asked, trained=trained), tmp_path / "run", None, SERIAL, quiet)
        rows = {row["proxy"]: row for row in document["rows"]}
        assert list(rows) == ["params", "nwot", trained]
        assert rows[trained]["algorithm"] == "random"
        found[trained] = np.array(rows[trained]["accuracies"])
        by_score = np.array([rows["params"]["accuracies"], rows["nwot"]["accuracies"]])
    assert (found["opposite"] <= by_score).all()
    assert (found["same"] >= by_score).all()
    assert (found["opposite"] < found["same"]).all()


def test_what_was_measured_is_not_measured_again(spec: SearchBenchmark, folder: Path) -> None:
    before = json.loads((folder / "result.json").read_text())
    document = run_search_benchmark(replace(spec, evaluations=(8,)), folder, None, SERIAL, quiet)
    assert document["measured"] == 0
    again = run_search_benchmark(spec, folder, None, SERIAL, quiet)
    assert again["rows"] == before["rows"]


def test_the_labels_do_not_change_what_is_found(spec: SearchBenchmark, folder: Path, tmp_path: Path) -> None:
    """Every label one point lower: every accuracy found is one point lower."""
    lower = tmp_path / "lower.csv"
    lower.write_text("\n".join(["arch,made_up", *(f"{arch},{value - 1}" for arch, value in ACCURACY.items())]) + "\n")
    other = replace(spec, scores=replace(spec.scores, labels=lower))
    truth = json.loads((folder / "result.json").read_text())["rows"]
    shutil.copytree(folder, tmp_path / "run")
    rows = run_search_benchmark(other, tmp_path / "run", None, SERIAL, quiet)["rows"]
    assert [row["accuracy_mean"] for row in rows] == pytest.approx([row["accuracy_mean"] - 1 for row in truth])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"algorithms": ("annealing",)}, UnknownName, "unknown algorithm 'annealing'; valid: aging-evolution, "),
        ({"runs": 0}, InputError, "runs must be at least 1, not 0"),
        ({"evaluations": (10, 0)}, InputError, "evaluations must be at least 1, not 0"),
    ],
)
def test_what_is_refused_before_any_work(
    spec: SearchBenchmark, change: dict[str, object], error: type[InputError], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        replace(spec, **change)  # type: ignore[arg-type]


def test_every_architecture_needs_a_label(scores: CorrelationSpec, tmp_path: Path) -> None:
    partial = tmp_path / "partial.csv"
    partial.write_text("arch,made_up\n1-1-1,50\n1-1-3,60\n")
    why = "^a search may find any architecture, so that every one needs a label: "
    with pytest.raises(InputError, match=f"{why}partial.csv has none for 62, the first is 1-1-5$"):
        read_truth(replace(scores, labels=partial), "made_up")
    with pytest.raises(InputError, match=f"{why}mobilenetv2 has "):
        read_truth(replace(scores, space="mobilenetv2"), "made_up")
