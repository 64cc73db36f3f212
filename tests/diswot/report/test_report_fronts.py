"""What a result says about smaller and larger budgets, and how the search ended."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from diswot.cli.tradeoff import say_cost, show_tradeoff
from diswot.report.finished import FinishedSearch
from diswot.report.fronts import FrontPoint
from diswot.report.plots import plot_search
from diswot.report.result import Result, make_result
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.search import SearchSpec
from diswot_spaces import get_space
from tests.diswot.report.conftest import FAILING, Costing

SPACE = get_space("cifar-resnet")


def result_of(search: Search) -> Result:
    return make_result(FinishedSearch.of(search), {"search": 1.0, "prepare": 0.0})


def searched(spec: SearchSpec) -> Search:
    search = Search(spec)
    run_phases(search, Costing(), lambda _: None)
    return search


def test_fronts_hold_what_nothing_measured_beats(search: Search) -> None:
    result = result_of(search)
    measured = {m.arch: m.costs for m in search.evaluations if m.error is None}
    assert [front.pareto_cost for front in result.fronts] == ["params", "macs"]
    for front in result.fronts:
        names = {point.arch for point in front.points}
        cost = {name: getattr(costs, front.pareto_cost) for name, costs in measured.items()}
        for name, costs in measured.items():
            better = [
                other
                for other in measured
                if cost[other] <= cost[name]
                and measured[other].macs >= costs.macs
                and (cost[other], measured[other].macs) != (cost[name], costs.macs)
            ]
            same = [o for o in names if (cost[o], measured[o].macs) == (cost[name], costs.macs)]
            assert bool(same) == (not better)
        assert front.points[-1].arch == result.recommended.arch
        assert all(point.cost == cost[point.arch] and isinstance(point.cost, int) for point in front.points)
        assert all(point.score == math.log(measured[point.arch].macs) for point in front.points)


def test_the_hypervolume_counts_every_evaluation_failures_too(search: Search) -> None:
    grown = result_of(search).fronts[0].hypervolume
    assert 0 < grown[0].share < grown[-1].share < 1
    failed = next(i for i, m in enumerate(search.evaluations, 1) if m.arch == FAILING)
    assert failed not in [one.evaluations for one in grown]
    assert max(one.evaluations for one in grown) > failed


def test_the_cost_that_was_asked_for_has_a_front_too(spec: SearchSpec) -> None:
    result = result_of(searched(replace(spec, algorithm="nsga2", pareto_cost="memory")))
    assert [front.pareto_cost for front in result.fronts] == ["memory", "params", "macs"]
    assert result.search.algorithm == "nsga2"
    # Every architecture of the space needs the same memory: one point, and nothing to play off.
    assert len(result.fronts[0].points) == 1
    assert result.fronts[0].hypervolume == []


def test_the_rank_is_that_within_the_budget(search: Search) -> None:
    result = result_of(search)
    assert [one.rank for one in (result.recommended, *result.alternatives)] == [1, 2, 3, 4]
    within = [arch for arch in SPACE.enumerate() if SPACE.costs(arch, 10).params <= 400_000]
    assert result.outcome.within_budget == len(within)
    assert (result.outcome.ended, result.outcome.evaluations) == ("evaluations", 25)
    assert (result.outcome.random, result.outcome.bred) == (20, 5)


def test_what_lies_beyond_is_told_and_not_recommended(search: Search) -> None:
    result = result_of(search)
    assert result.relaxation is not None
    assert search.state.relaxed is not None
    assert (result.relaxation.share, result.relaxation.measured) == (0.5, len(search.state.relaxed))
    assert result.relaxation.steps
    for step in result.relaxation.steps:
        assert step.student.score > result.recommended.score
        assert step.violation == pytest.approx(step.student.params / 400_000 - 1)
        assert 0 < step.violation <= 0.5
        assert step.student.rank is None
    pairs = [(step.violation, step.student.score) for step in result.relaxation.steps]
    assert pairs == sorted(pairs)
    assert pairs[-1][1] == max(math.log(m.costs.macs) for m in search.state.relaxed)


def test_without_a_glance_nothing_is_told(spec: SearchSpec) -> None:
    assert result_of(searched(replace(spec, relaxation=0.0))).relaxation is None


def test_people_see_some_of_the_front_and_what_lies_beyond(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    result = result_of(search)
    show_tradeoff(result)
    shown = capsys.readouterr().out
    assert "What a smaller budget buys (the whole Pareto front):" in shown
    assert f"{result.recommended.score:.3f}" in shown
    assert f"A glance at {len(search.state.relaxed or ())} architectures up to 50% beyond the budget" in shown
    assert result.relaxation is not None
    assert all(step.student.arch in shown for step in result.relaxation.steps)


def test_of_a_long_front_people_see_the_best_bargain(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    result = result_of(search)
    jump = [FrontPoint(arch="a", score=1.0, cost=100), FrontPoint(arch="b", score=9.0, cost=101)]
    steps = [FrontPoint(arch="c", score=9 + i / 10, cost=200 * i) for i in range(1, 9)]
    front = result.fronts[0].model_copy(update={"points": [*jump, *steps]})
    show_tradeoff(result.model_copy(update={"fronts": [front]}))
    shown = capsys.readouterr().out
    assert "What a smaller budget buys (6 points of the Pareto front; result.json has 4 more):" in shown
    _, costs, _ = (line.split() for line in shown.partition("A glance")[0].strip().splitlines())
    assert costs[:3] == ["parameters", "100", "101"]


def test_people_are_told_when_nothing_beyond_is_better(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    result = result_of(search)
    assert result.relaxation is not None
    show_tradeoff(result.model_copy(update={"relaxation": result.relaxation.model_copy(update={"steps": []})}))
    assert "architectures up to 50% beyond the budget: none scores more." in capsys.readouterr().out
    show_tradeoff(
        result.model_copy(update={"relaxation": result.relaxation.model_copy(update={"steps": [], "measured": 0})})
    )
    assert "Nothing next to the best students lies up to 50% beyond the budget." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cost", "value", "said"),
    [("params", 434_196, "434 k"), ("macs", 6e7, "60 M"), ("memory", 196_608, "197 kB"), ("latency", 0.0039, "3.9 ms")],
)
def test_costs_are_said_with_their_units(cost: str, value: float, said: str) -> None:
    assert say_cost(cost, value) == said


@pytest.mark.parametrize("against", ["params", "memory"])
def test_the_plot_of_any_search_is_drawn(spec: SearchSpec, against: str, tmp_path: Path) -> None:
    search = searched(replace(spec, pareto_cost=against))
    (tmp_path / "search.png").write_bytes(plot_search(FinishedSearch.of(search), result_of(search)))
    assert (tmp_path / "search.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["search.png"]
