"""Searches under a latency budget, with a meter whose answers are known beforehand."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest

from diswot.errors import DiswotError, InfeasibleBudget
from diswot.evaluation import EvalTask, Evaluation
from diswot.latency import Latency, LatencyMeter
from diswot.report.files import write_files
from diswot.report.finished import FinishedSearch
from diswot.report.result import make_result
from diswot.search.feasible import Feasible
from diswot.search.remeasure import remeasure_latency
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.constraints import Constraints
from diswot.spec.latency import LatencySetup
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import CIFAR, Architecture, get_space
from diswot_spaces.cifar_resnet import CifarResNets

RESNETS, NASBENCH, MOBILENETS = map(get_space, ("cifar-resnet", "nasbench201", "mobilenetv2"))
PER_MAC = 1e-10
"""Seconds a MAC in the meter of these tests: 4 ms are 40 million MACs."""


class Knowing(LatencyMeter):
    """A meter that knows latency from MACs; networks named in `broken` cannot be run."""

    factor = 1.0
    broken: tuple[str, ...] = ()

    def _measure(self, arch: Architecture) -> Latency | None:
        space, _, num_classes, in_shape = self._task
        if space.encode(arch) in self.broken:
            return None
        return Latency(self.factor * PER_MAC * space.costs(arch, num_classes, in_shape).macs, 1e-5, 9)


class Again(Knowing):
    """The same, when asked once more: everything takes a tenth longer."""

    factor = 1.1


class Costing:
    """An executor that scores by MACs."""

    def __enter__(self) -> Costing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for arch in (task.arch for task in tasks):
            costs = RESNETS.costs(arch, 10)
            yield Evaluation(RESNETS.encode(arch), costs, {"macs": (math.log(costs.macs),)}, 0.5)


@pytest.fixture(autouse=True)
def knowing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot.search.search.LatencyMeter", Knowing)
    monkeypatch.setattr("diswot.search.remeasure.LatencyMeter", Again)


def search(budget: Constraints, evaluations: int = 64) -> Search:
    spec = SearchSpec(
        TeacherSpec("resnet20", 10, CIFAR),
        "cifar-resnet",
        "macs",
        ProbeSpec("noise", 4),
        constraints=budget,
        evaluations=evaluations,
        proposals_per_batch=20,
        student_inits=1,
        teacher_inits=1,
        population=8,
        tournament=3,
        relaxation=0,
    )
    found = Search(spec)
    with found.meter:
        run_phases(found, Costing(), lambda _: None)
    return found


def seconds(arch: Architecture) -> float:
    return PER_MAC * get_space(arch.space).costs(arch, 10).macs


def test_every_candidate_holds_the_latency_and_all_that_do_are_found() -> None:
    found = search(Constraints(min_latency=0.003, max_latency=0.006, min_params=200_000))
    within = {
        RESNETS.encode(arch)
        for arch in RESNETS.enumerate()
        if 0.003 <= seconds(arch) <= 0.006 and RESNETS.costs(arch, 10).params >= 200_000
    }
    assert {m.arch for m in found.evaluations} == within
    assert len(found.evaluations) == len(within) < 64
    assert found.state.exhausted


def test_what_the_formulas_rule_out_is_never_timed() -> None:
    found = search(Constraints(max_params=200_000, max_latency=0.006))
    assert found.meter.known
    assert all(RESNETS.costs(arch, 10).params <= 200_000 for arch in found.meter.known)


def test_without_a_limit_nothing_is_timed() -> None:
    found = search(Constraints(max_params=300_000), evaluations=5)
    assert remeasure_latency(found, 4) == {}
    assert found.meter.known == {}
    result = make_result(FinishedSearch.of(found))
    assert result.recommended.latency is None
    assert result.recommended.latency_spread is None
    assert "latency" not in result.timings


def test_what_cannot_be_run_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Knowing, "broken", ("1-1-1", "3-1-1"))
    found = search(Constraints(max_latency=1.0))
    assert {m.arch for m in found.evaluations} == {
        RESNETS.encode(arch) for arch in RESNETS.enumerate() if RESNETS.encode(arch) not in ("1-1-1", "3-1-1")
    }


def test_a_search_goes_on_with_the_latencies_that_it_knew() -> None:
    found = search(Constraints(max_latency=0.006), evaluations=12)
    restored = Search(found.spec)
    restored.restore(json.loads(json.dumps(found.to_json())))
    assert restored.meter.known == found.meter.known
    assert restored.to_json() == found.to_json()


def test_finalists_are_timed_again_and_dropped_if_that_is_too_slow() -> None:
    limit = 0.006
    found = search(Constraints(max_latency=limit))
    confirmed = remeasure_latency(found, 4)
    ranked = sorted((a for a in RESNETS.enumerate() if seconds(a) <= limit), key=seconds, reverse=True)
    holding = [arch for arch in ranked if 1.1 * seconds(arch) <= limit]
    assert seconds(holding[0]) < seconds(ranked[0])

    finished = FinishedSearch.of(found, confirmed)
    result = make_result(finished, {"search": 1.0})
    returned = [result.recommended, *result.alternatives]
    macs = [round(seconds(arch) / PER_MAC) for arch in holding[:4]]
    assert [one.macs for one in returned] == macs
    assert [one.latency for one in returned] == pytest.approx([1.1 * PER_MAC * count for count in macs])
    assert result.recommended.latency_spread == 1e-5
    assert result.search.constraints.latency == LatencySetup("cpu", 1, 1)
    assert result.search.constraints.range("latency") == (None, limit)
    assert "latency" in result.timings
    assert len(confirmed) == ranked.index(holding[3]) + 1
    assert {one.arch for one in finished.dropped} == {RESNETS.encode(arch) for arch in ranked if arch not in holding}


def test_the_files_rank_nobody_who_was_too_slow_when_timed_again(tmp_path: Path) -> None:
    found = search(Constraints(max_latency=0.006))
    finished = FinishedSearch.of(found, remeasure_latency(found, 4))
    dropped = {one.arch for one in finished.dropped}
    result = make_result(finished)
    assert write_files(tmp_path, finished, result) is None
    with (tmp_path / "candidates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.evaluations)
    assert (rows[0]["rank"], rows[0]["arch"]) == ("1", result.recommended.arch)
    assert {row["arch"] for row in rows if not row["rank"]} == dropped != set()
    assert {row["error"] for row in rows if not row["rank"]} == {"measured again, its latency is outside the budget"}
    assert max(row["score"] for row in rows) in {row["score"] for row in rows if row["arch"] in dropped}
    assert not {point.arch for front in result.fronts for point in front.points} & dropped


def test_when_no_finalist_holds_nothing_is_recommended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Again, "factor", 100.0)
    found = search(Constraints(max_latency=0.006), evaluations=8)
    confirmed = remeasure_latency(found, 4)
    assert len(confirmed) == 8
    with pytest.raises(
        DiswotError, match=r"^measured again, the latency of none of 8 candidates was within the budget$"
    ):
        make_result(FinishedSearch.of(found, confirmed))


def test_a_latency_that_even_the_smallest_misses_is_refused_at_once() -> None:
    smallest = f"the smallest takes {1000 * seconds(RESNETS.smallest):.4g} ms"
    with pytest.raises(InfeasibleBudget) as caught:
        search(Constraints(max_latency=0.001))
    assert str(caught.value) == (
        f"no architecture of cifar-resnet has at most 1 ms on cpu (1 thread, batch 1): {smallest}"
    )


def test_a_latency_that_nothing_was_found_within_names_the_nearest() -> None:
    slowest = max(map(seconds, RESNETS.enumerate()))
    with pytest.raises(InfeasibleBudget) as caught:
        search(Constraints(min_latency=2 * slowest))
    assert str(caught.value) == (
        f"no architecture of cifar-resnet was found with at least {2000 * slowest:.4g} ms on cpu (1 thread, batch 1): "
        f"of 64 that were timed, the nearest takes {1000 * slowest:.4g} ms"
    )


@pytest.mark.parametrize(("space", "limit"), [("nasbench201", 0.0008), ("mobilenetv2", 0.0009)])
def test_samples_step_into_a_thin_range_of_latency(space: str, limit: float) -> None:
    chosen = get_space(space)
    rng = np.random.default_rng(0)
    assert sum(seconds(chosen.sample(rng)) <= limit for _ in range(100)) <= 15
    budget = Constraints(max_latency=limit)
    meter = Knowing(chosen, budget.latency, 10, CIFAR)
    feasible = Feasible(chosen, budget, 10, CIFAR, meter)
    drawn = [feasible.sample(rng) for _ in range(20)]
    assert all(seconds(arch) <= limit for arch in drawn)
    assert len(set(drawn)) > 5
    assert len(meter.known) < 20 * 12


class Backwards(CifarResNets):
    """Students whose options descend in cost, which the space does not say."""

    options = ((7, 5, 3, 1),) * 3
    monotone = False

    def decode(self, text: str) -> Architecture:
        return self.arch([self.options[0].index(int(depth)) for depth in text.split("-")])


class Sampled(Backwards):
    """The same, too large to be listed as far as a search knows."""

    @property
    def size(self) -> None:
        return None


@pytest.mark.parametrize("kind", [Backwards, Sampled])
def test_latency_is_held_where_options_have_no_order(kind: type[Backwards]) -> None:
    space, budget = kind(), Constraints(min_latency=0.003, max_latency=0.006, min_params=200_000)
    feasible = Feasible(space, budget, 10, CIFAR, Knowing(space, budget.latency, 10, CIFAR))
    feasible.check_latency()
    rng = np.random.default_rng(0)
    drawn = [arch for arch in (feasible.sample(rng) for _ in range(60)) if feasible.allows(arch)]
    assert len(drawn) > 50
    within = {
        space.encode(arch)
        for arch in space.enumerate()
        if 0.003 <= PER_MAC * space.costs(arch, 10).macs <= 0.006 and space.costs(arch, 10).params >= 200_000
    }
    assert set(map(space.encode, drawn)) <= within


def test_that_nothing_is_fast_enough_is_not_claimed_where_options_have_no_order() -> None:
    space, budget = Backwards(), Constraints(max_latency=1e-6)
    feasible = Feasible(space, budget, 10, CIFAR, Knowing(space, budget.latency, 10, CIFAR))
    feasible.check_latency()
    feasible.sample(np.random.default_rng(0))
    assert re.fullmatch(
        r"no architecture of cifar-resnet was found with at most 1 us on cpu \(1 thread, batch 1\): "
        r"of \d+ that were timed, the nearest takes [\d.]+ ms",
        feasible.nearest_latency(),
    )
