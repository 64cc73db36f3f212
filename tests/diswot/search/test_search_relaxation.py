"""What lies just beyond a budget."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from diswot.search.relaxation import MAX_RELAXED, TIMED, relaxed_neighbours, violation, widened
from diswot.spec.constraints import Constraints
from diswot_spaces import Architecture, Costs, get_space

SPACE = get_space("cifar-resnet")


def costs(arch: Architecture) -> Costs:
    return SPACE.costs(arch, 10)


def never(_: Architecture) -> float:
    raise AssertionError("latency has no limit here")


def names(budget: Constraints, share: float, parents: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    archs, seen = (list(map(SPACE.decode, given)) for given in (parents, known))
    return list(map(SPACE.encode, relaxed_neighbours(SPACE, budget, share, costs, never, archs, seen)))


def test_upper_limits_are_raised_by_a_share_and_rounded_down() -> None:
    budget = Constraints(max_params=105, max_latency=0.5, min_macs=7, min_params=100)
    assert widened(budget, 0.5) == Constraints(max_params=157, max_latency=0.75, min_macs=7, min_params=100)
    assert widened(Constraints(), 0.5) == Constraints()


def test_the_excess_is_the_largest_share_of_a_limit_that_is_missing() -> None:
    budget = Constraints(max_params=100, max_macs=1000, max_latency=0.5)
    assert violation(budget, Costs(110, 1300, 1, 10**9), 0.6) == pytest.approx(0.3)
    assert violation(budget, Costs(110, 900, 1, 0), 0.6) == pytest.approx(0.2)
    assert violation(budget, Costs(90, 900, 1, 0), 0.4) == 0
    assert violation(Constraints(min_params=5), Costs(1, 1, 1, 1), None) == 0


def test_only_what_is_outside_the_budget_and_inside_the_wider_one_is_asked_for() -> None:
    # 5-1-1 has 96,730 parameters; two more blocks in its first stage make 9% more, in its second 39%.
    budget = Constraints(max_params=96_730)
    assert names(budget, 0.15, ["5-1-1"]) == ["7-1-1"]
    assert names(budget, 0.45, ["5-1-1"]) == ["7-1-1", "5-3-1"]
    assert names(budget, 0.05, ["5-1-1"]) == []
    assert names(budget, 0.45, ["5-1-1"], known=["7-1-1"]) == ["5-3-1"]


def test_neighbours_of_the_better_come_first_and_no_more_than_a_few() -> None:
    budget = Constraints(max_params=costs(SPACE.decode("3-3-3")).params)
    one, other = names(budget, 1.0, ["3-3-3"]), names(budget, 1.0, ["1-1-3"])
    assert names(budget, 1.0, ["3-3-3", "1-1-3"]) == list(dict.fromkeys([*one, *other]))
    assert len(names(budget, 1.0, map(SPACE.encode, SPACE.enumerate()))) == MAX_RELAXED


def test_where_latency_has_a_limit_it_is_measured_and_not_for_ever() -> None:
    asked: list[Architecture] = []

    def latency(arch: Architecture) -> float | None:
        asked.append(arch)
        return None if SPACE.encode(arch) == "3-3-5" else sum(SPACE.values(arch)) / 1000

    budget = Constraints(max_latency=0.009)
    found = relaxed_neighbours(SPACE, budget, 0.25, costs, latency, [SPACE.decode("3-3-3")], ())
    assert list(map(SPACE.encode, found)) == ["5-3-3", "3-5-3"]
    asked.clear()
    assert relaxed_neighbours(SPACE, budget, 0.0, costs, latency, SPACE.enumerate(), ()) == []
    assert len(asked) == TIMED
