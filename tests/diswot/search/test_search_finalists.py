"""A search steers by one random initialization and gives the others to its finalists."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from statistics import fmean

import pytest

from diswot.evaluation import EvalTask, Evaluation
from diswot.search.finalists import finalists, front_costs
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.search.state import Progress
from diswot.seeds import stream
from diswot.spec.constraints import Constraints
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import get_space

SPACE = get_space("cifar-resnet")
TASK = TeacherSpec("resnet20", 10, (3, 8, 8))
SEEDS, BATCH = 3, 20


def spec(**changes: object) -> SearchSpec:
    plain = SearchSpec(
        TASK,
        "cifar-resnet",
        "nwot",
        ProbeSpec("noise", 4),
        evaluations=50,
        proposals_per_batch=BATCH,
        student_inits=SEEDS,
        finalists=5,
        population=12,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def value(name: str, draw: int) -> float:
    """A made-up raw score: larger for larger networks, and unsure."""
    macs = SPACE.costs(SPACE.decode(name), TASK.num_classes, TASK.in_shape).macs
    return math.log(macs) + float(stream(draw + 2, name).normal())


class Wavering:
    """An executor whose values depend on the initialization, and that notes what it is asked for.

    Args:
        failing: networks, each with the initialization from which on it fails.
    """

    def __init__(self, failing: dict[str, int] | None = None) -> None:
        self.failing = failing or {}
        self.asked: list[tuple[str, int]] = []

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for arch, draws in ((task.arch, task.inits) for task in tasks):
            name = SPACE.encode(arch)
            self.asked += [(name, draw) for draw in draws]
            costs = SPACE.costs(arch, TASK.num_classes, TASK.in_shape)
            if self.failing.get(name, SEEDS) < draws.stop:
                yield Evaluation(name, costs, {}, 1.0, "out of order")
            else:
                yield Evaluation(name, costs, {"nwot": tuple(value(name, draw) for draw in draws)}, 1.0)


def ignore(_: Progress) -> None: ...


def search(asked: SearchSpec, executor: Wavering) -> Search:
    found = Search(asked)
    run_phases(found, executor, ignore, clock=lambda: 0.0)
    return found


def by_first(found: Search) -> list[str]:
    return sorted((m.arch for m in found.evaluations if m.error is None), key=lambda name: -value(name, 0))


def test_there_is_a_front_over_each_cost_that_is_limited_or_played_off() -> None:
    assert front_costs(spec()) == ("params", "macs")
    limited = Constraints(max_memory=200_000, max_macs=10**9, min_params=10)
    assert front_costs(spec(constraints=limited)) == ("macs", "memory", "params")
    assert front_costs(spec(constraints=limited, algorithm="nsga2", pareto_cost="latency"))[:2] == ("latency", "macs")
    assert "latency" not in front_costs(spec(constraints=limited, pareto_cost="latency")), "nobody plays it off"


def test_finalists_are_the_best_and_the_members_of_the_fronts() -> None:
    scores = {"cheap": 1.0, "worse": 0.5, "best": 9.0, "second": 8.0, "small": 2.0, "fast": 3.0}
    params = {"cheap": 1.0, "worse": 2.0, "best": 9.0, "second": 9.0, "small": 2.0, "fast": 9.0}
    seconds = {"fast": 1.0, "best": 2.0, "second": 1.5}

    def cost(name: str, which: str) -> float | None:
        return seconds.get(name) if which == "latency" else params[name]

    assert finalists(scores, 1, ["params", "macs"], cost) == ["best", "cheap", "small"]
    assert finalists(scores, 2, ["params", "macs", "latency"], cost) == ["best", "second", "cheap", "small", "fast"]
    assert finalists({}, 2, "macs", cost) == []


def test_every_candidate_has_one_initialization_and_finalists_have_all() -> None:
    executor = Wavering()
    found = search(spec(), executor)
    explored, sure = executor.asked[:50], executor.asked[50:]
    assert {draw for _, draw in explored} == {0}
    final = found.finalists()
    assert final[:5] == by_first(found)[:5]
    assert sure == [(name, draw) for name in final for draw in (1, 2)]
    assert found.done
    assert found.evaluated_finalists == len(final)
    assert len(set(executor.asked)) == len(executor.asked)
    for m in found.evaluations:
        draws = range(SEEDS if m.arch in final else 1)
        assert m.values == {"nwot": tuple(value(m.arch, draw) for draw in draws)}


def test_finalists_lead_by_their_mean_whatever_one_initialization_says_of_the_others() -> None:
    found = search(spec(), Wavering())
    final, candidates = found.finalists(), found.ranked()
    means = {name: fmean(value(name, draw) for draw in range(SEEDS)) for name in final}
    ranked = [m.arch for m, _ in candidates]
    assert ranked[: len(final)] == sorted(final, key=lambda name: -means[name])
    assert ranked[len(final) :] == [name for name in by_first(found) if name not in final]
    assert ranked[0] != by_first(found)[0], "the first initialization errs here"
    assert [found.single_init_score(m) for m, _ in candidates] == [value(name, 0) for name in ranked]
    score = candidates[0][1].value
    assert found.state.best == (score, ranked[0])
    assert score == pytest.approx(means[ranked[0]])


def test_a_finalist_that_fails_makes_room_for_the_next() -> None:
    plain = search(spec(), Wavering())
    first, *others = by_first(plain)
    found = search(spec(), Wavering({first: 1}))
    assert found.finalists()[:5] == others[:5]
    assert [m.error for m in found.evaluations if m.arch == first] == ["out of order"]
    assert first not in [m.arch for m, _ in found.ranked()]
    assert {m.num_inits for m in found.evaluations if m.arch in found.finalists()} == {SEEDS}


def test_one_seed_has_no_finals() -> None:
    executor = Wavering()
    found = search(spec(student_inits=1), executor)
    assert {draw for _, draw in executor.asked} == {0}
    assert (found.evaluated_finalists, found.pending_finalists(), found.done) == (0, [], True)


def test_as_many_finalists_as_candidates_give_every_candidate_all() -> None:
    found = search(spec(finalists=64), Wavering())
    assert {m.num_inits for m in found.evaluations} == {SEEDS}


def test_a_search_stopped_among_its_finalists_goes_on_as_if_it_had_not() -> None:
    asked = spec(finalists=45, evaluations=60, constraints=Constraints(max_params=590_000), relaxation=0.5)
    failing = {"3-3-5": 2}
    whole = search(asked, Wavering(failing))
    batches = 1 + 60 // BATCH + math.ceil(len(whole.finalists()) / BATCH)
    for stop in range(60 // BATCH, batches + 1):
        stopped = Search(asked)
        run_phases(stopped, Wavering(failing), ignore, partial(next, iter([True] * stop), False), clock=lambda: 0.0)
        executor = Wavering(failing)
        resumed = Search(asked)
        resumed.restore(json.loads(json.dumps(stopped.to_json(), allow_nan=False)))
        run_phases(resumed, executor, ignore, clock=lambda: 0.0)
        assert resumed.to_json() == whole.to_json()
        known = {(m.arch, draw) for m in stopped.evaluations for draw in range(m.num_inits)}
        assert not known & set(executor.asked)


def test_progress_counts_the_finalists() -> None:
    progress: list[Progress] = []
    found = Search(spec(finalists=30))
    run_phases(found, Wavering(), progress.append, clock=lambda: 0.0)
    count = len(found.finalists())
    assert [(p.phase, p.done, p.total) for p in progress[50:]] == [("finalists", i + 1, count) for i in range(count)]


def test_beyond_the_budget_only_what_looks_better_gets_all_initializations() -> None:
    executor = Wavering()
    found = search(spec(constraints=Constraints(max_params=200_000), relaxation=0.5, evaluations=20), executor)
    assert found.state.relaxed
    first = value(found.ranked()[0][0].arch, 0)
    assert {m.num_inits for m in found.state.relaxed} == {1, SEEDS}
    for m in found.state.relaxed:
        assert m.num_inits == (SEEDS if value(m.arch, 0) > first else 1)
    assert len(set(executor.asked)) == len(executor.asked)
