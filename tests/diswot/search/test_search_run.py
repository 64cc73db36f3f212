"""The search as a whole: it finds what is best, and goes on after any batch as if it had not stopped."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from types import TracebackType

import pytest

from diswot.errors import InfeasibleBudget, UnreadableData
from diswot.evaluation import EvalTask, Evaluation
from diswot.executors import open_executor
from diswot.proxies import AGGREGATES, Aggregate
from diswot.report.finished import FinishedSearch
from diswot.scoring import REFERENCE_SIZE, Scorer, reference_sample
from diswot.search.algorithms import ALGORITHMS
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.search.state import Progress
from diswot.spec.compute import ComputeSpec
from diswot.spec.constraints import Constraints
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.workflow import build_evaluator
from diswot_spaces import get_space

SPACE = get_space("cifar-resnet")
TASK = TeacherSpec("resnet20", 10, (3, 8, 8))
BEST = "7-7-7"
SCALED = "scaled-for-tests"
BATCH = 20


def spec(
    score: str = "macs", constraints: Constraints | None = None, evaluations: int = 50, **sizes: int
) -> SearchSpec:
    return SearchSpec(
        TASK,
        "cifar-resnet",
        score,
        ProbeSpec("noise", 4),
        constraints=constraints or Constraints(),
        evaluations=evaluations,
        proposals_per_batch=BATCH,
        student_inits=1,
        teacher_inits=1,
        population=sizes.get("population", 12),
        tournament=sizes.get("tournament", 4),
    )


class Costing:
    """An executor that knows parameters and MACs without building anything, and counts what it measures."""

    def __init__(self, failing: Sequence[str] = ()) -> None:
        self.failing = failing
        self.measured: list[str] = []

    def __enter__(self) -> Costing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for arch in (task.arch for task in tasks):
            name = SPACE.encode(arch)
            self.measured.append(name)
            costs = SPACE.costs(arch, TASK.num_classes, TASK.in_shape)
            values = {"params": (math.log(costs.params),), "macs": (math.log(costs.macs),)}
            failed = name in self.failing
            yield Evaluation(name, costs, {} if failed else values, 0.5, "out of order" if failed else None)


@pytest.fixture(autouse=True)
def scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(AGGREGATES, SCALED, Aggregate(SCALED, "", "", {"params": 1.0, "macs": 2.0}, "standard"))


def search(asked: SearchSpec, executor: Costing | None = None) -> tuple[Search, list[Progress]]:
    found, progress = Search(asked), list[Progress]()
    run_phases(found, executor or Costing(), progress.append, clock=lambda: 0.0)
    return found, progress


@pytest.mark.parametrize("score", ["params", "macs"])
def test_a_small_search_of_true_networks_finds_the_optimum(score: str) -> None:
    asked = spec(score, evaluations=40)
    found = Search(asked)
    with open_executor(build_evaluator(asked), ComputeSpec("serial")) as executor:
        run_phases(found, executor, ignore)
    best, found_score = found.ranked()[0]
    assert best.arch == BEST
    costs = SPACE.costs(SPACE.decode(BEST), TASK.num_classes, TASK.in_shape)
    assert found_score.value == pytest.approx(math.log(getattr(costs, score)))
    assert len(found.evaluations) == 40


@pytest.mark.parametrize("limit", [100_000, 200_000, 400_000])
def test_the_best_within_a_budget_is_found_by_all_its_evaluations(limit: int) -> None:
    budget = Constraints(max_params=limit)
    found, _ = search(spec("macs", budget, evaluations=64))
    costs = {arch: SPACE.costs(arch, TASK.num_classes, TASK.in_shape) for arch in SPACE.enumerate()}
    within = [arch for arch in costs if budget.allows(costs[arch])]
    assert {m.arch for m in found.evaluations} == set(map(SPACE.encode, within))
    assert found.ranked()[0][0].costs.macs == max(costs[arch].macs for arch in within)
    assert found.done
    assert found.state.exhausted == (len(within) < 64)


def test_a_budget_that_nothing_meets_is_refused_before_work_starts() -> None:
    with pytest.raises(InfeasibleBudget):
        Search(spec(constraints=Constraints(1)))


def test_progress_is_told_after_each_measurement() -> None:
    found, progress = search(spec(SCALED))
    reference = len(reference_sample(SPACE, 0))
    assert [(p.phase, p.done, p.total) for p in progress] == [
        *(("reference", i + 1, reference) for i in range(reference)),
        *(("exploring", i + 1, 50) for i in range(50)),
    ]
    best, found_score = found.ranked()[0]
    assert (progress[-1].best, progress[-1].best_score) == (best.arch, found_score.value)
    scores = [p.best_score for p in progress if p.best_score is not None]
    assert scores == sorted(scores)


def ignore(_: Progress) -> None: ...


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("score", ["macs", SCALED])
def test_a_search_stopped_after_any_batch_goes_on_as_if_it_had_not(score: str, algorithm: str) -> None:
    asked = replace(spec(score, Constraints(max_params=590_000)), algorithm=algorithm, relaxation=0.5)
    whole, _ = search(asked, Costing(failing=["1-3-5", "7-1-1"]))
    assert len(whole.evaluations) == 50
    assert whole.state.relaxed
    reference = math.ceil(len(whole.reference) / BATCH) or 1
    for batches in range(reference + 50 // BATCH + 2):
        go_on = partial(next, iter([True] * batches), False)
        stopped = Search(asked)
        run_phases(stopped, Costing(failing=["1-3-5", "7-1-1"]), ignore, go_on, clock=lambda: 0.0)
        assert len(stopped.reference) == min(BATCH * (batches + 1), len(whole.reference))
        assert len(stopped.evaluations) == min(BATCH * max(0, batches - reference + 1), 50)
        resumed = Search(asked)
        resumed.restore(json.loads(json.dumps(stopped.to_json(), allow_nan=False)))
        run_phases(resumed, Costing(failing=["1-3-5", "7-1-1"]), ignore, clock=lambda: 0.0)
        assert resumed.to_json() == whole.to_json()
        assert resumed.ranked() == whole.ranked()


def test_an_aggregate_is_scaled_by_its_reference_sample_which_is_measured_once() -> None:
    executor = Costing()
    found, _ = search(spec(SCALED, evaluations=64), executor)
    sample = list(map(SPACE.encode, reference_sample(SPACE, 0)))
    assert len(sample) == len(set(sample)) <= REFERENCE_SIZE
    assert [m.arch for m in found.reference] == executor.measured[: len(sample)] == sample
    assert sorted(executor.measured) == sorted(SPACE.encode(arch) for arch in SPACE.enumerate())
    scorer = Scorer(SCALED, found.reference)
    assert all(score == scorer(evaluation) for evaluation, score in found.ranked())
    assert found.ranked()[0][0].arch == BEST


def test_failures_are_ranked_nowhere_and_count_as_evaluations() -> None:
    failing = ["1-1-1", "3-1-1", "5-1-1", "7-7-7"]
    found, progress = search(spec(evaluations=64), Costing(failing))
    assert len(progress) == 64
    finished = FinishedSearch.of(found)
    assert len(finished.students) == 60
    assert sorted(m.arch for m in finished.failed) == failing
    assert finished.students[0].arch == found.ranked()[0][0].arch == progress[-1].best


def test_a_state_of_another_version_is_refused() -> None:
    for version in (1, 2, None):
        with pytest.raises(UnreadableData) as caught:
            Search(spec()).restore({"version": version, "algorithm": {}})
        assert str(caught.value) == f"the state of the search has version {version}; this diswot continues version 5"


@pytest.mark.parametrize("patience", [1, 7, 25])
def test_a_plateau_ends_the_search_after_so_many_evaluations_in_vain(patience: int) -> None:
    found, progress = search(replace(spec(evaluations=64), patience=patience))
    assert found.ended == "patience"
    scores = [p.best_score or 0.0 for p in progress]
    last = scores.index(scores[-1])
    assert len(scores) == last + 1 + patience
    assert all(b < patience for b in _runs_in_vain(scores[: last + 1]))


def _runs_in_vain(best: list[float]) -> list[int]:
    firsts = [i for i, score in enumerate(best) if i == 0 or score > best[i - 1]]
    return [b - a - 1 for a, b in pairwise(firsts)]


def test_a_search_in_which_everything_fails_ends_at_its_plateau() -> None:
    found, _ = search(replace(spec(evaluations=64), patience=9), Costing(list(map(SPACE.encode, SPACE.enumerate()))))
    assert (found.ended, len(found.evaluations)) == ("patience", 9)


def test_seconds_end_the_search_between_batches_and_count_over_all_its_runs() -> None:
    ticks = iter(range(100))
    asked = replace(spec(evaluations=64), max_seconds=3.0)
    first = Search(asked)
    run_phases(first, Costing(), ignore, partial(next, iter([True]), False), lambda: float(next(ticks)))
    assert (first.ended, first.state.seconds, len(first.evaluations)) == (None, 2.0, BATCH)
    second = Search(asked)
    second.restore(json.loads(json.dumps(first.to_json())))
    run_phases(second, Costing(), ignore, clock=lambda: float(next(ticks)))
    assert (second.ended, second.state.seconds, len(second.evaluations)) == ("max_seconds", 3.0, BATCH)


def test_a_search_short_of_time_measures_one_batch_all_the_same() -> None:
    ticks = iter(range(1000))
    found = Search(replace(spec(SCALED, evaluations=64), max_seconds=0.5))
    run_phases(found, Costing(), ignore, clock=lambda: float(next(ticks)))
    assert (found.ended, len(found.evaluations)) == ("max_seconds", BATCH)


def test_what_ends_a_search_is_told() -> None:
    assert search(spec(evaluations=64))[0].ended == "evaluations"
    assert search(spec(constraints=Constraints(200_000), evaluations=64))[0].ended == "exhausted"
    assert Search(spec()).ended is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_lies_beyond_is_measured_once_and_changes_nothing_within(algorithm: str) -> None:
    budget = Constraints(max_params=200_000)
    plain, _ = search(replace(spec(constraints=budget, evaluations=10), algorithm=algorithm))
    executor = Costing()
    asked = replace(spec(constraints=budget, evaluations=10), algorithm=algorithm, relaxation=0.5)
    found, progress = search(asked, executor)
    assert found.ranked() == plain.ranked()
    assert found.state.relaxed
    assert [(p.phase, p.done) for p in progress[10:]] == [
        ("relaxation", i + 1) for i in range(len(found.state.relaxed))
    ]
    assert all(200_000 < m.costs.params <= 300_000 for m in found.state.relaxed)
    assert len(set(executor.measured)) == len(executor.measured)


def test_without_an_upper_limit_nothing_lies_beyond() -> None:
    found, progress = search(replace(spec(constraints=Constraints(min_params=200_000), evaluations=15), relaxation=0.5))
    assert found.done
    assert found.state.relaxed is None
    assert len(progress) == 15
