"""Pareto fronts and their hypervolume: worked out by hand, and against pymoo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymoo.indicators.hv import HV

from diswot.search.pareto import Point, growth, hypervolume, outline, pareto_front

POINTS = st.lists(st.builds(Point, st.integers(0, 9).map(float), st.integers(0, 9).map(float)), min_size=1, max_size=30)


def test_a_front_by_hand() -> None:
    # (1, 3) and (2, 5) dominate the rest: (2, 4) costs as much as (2, 5), (3, 5) scores no more, (1, 3) comes twice.
    points = [Point(2, 4), Point(3, 5), Point(1, 3), Point(2, 5), Point(1, 3)]
    assert pareto_front(points) == [2, 3]
    assert pareto_front([]) == []


def test_a_hypervolume_by_hand() -> None:
    # From (4, 1): a column of width 3 up to 3, and one of width 2 from there to 6.
    assert hypervolume([Point(1, 3), Point(2, 6)], Point(4, 1)) == 3 * 2 + 2 * 3
    assert hypervolume([], Point(4, 1)) == 0


def test_a_growth_by_hand() -> None:
    # Reference (4, 1), best (1, 6): an area of 15. The second point is the reference itself, the fourth dominated.
    points = [Point(2, 3), Point(4, 1), Point(1, 3), Point(3, 2), Point(4, 6)]
    assert growth(points) == [(1, 4 / 15), (3, 6 / 15)]
    assert growth([Point(2, 3), Point(4, 1), Point(1, 3), Point(2, 6)])[-1] == (4, 12 / 15)


@pytest.mark.parametrize("points", [[], [Point(1, 1)], [Point(1, 1), Point(1, 2)], [Point(1, 2), Point(3, 2)]])
def test_where_nothing_can_be_played_off_nothing_grows(points: list[Point]) -> None:
    assert growth(points) == []


def test_the_outline_of_a_front_has_its_best_bargain() -> None:
    # A jump for next to nothing, then eight small steps at equal distances: every second point misses the jump.
    steps = [Point(float(cost), 10 + cost / 10) for cost in range(2, 10)]
    front = [Point(0, 0), Point(0.1, 10), *steps]
    assert outline(front, 3) == [0, 1, 9]
    assert set(outline(front, 3)) < set(outline(front, 6))
    assert outline(front, 20) == list(range(10))
    assert outline(front[:1], 6) == [0]


@given(POINTS, st.integers(2, 6))
def test_an_outline_is_as_long_as_asked_and_has_both_ends(points: list[Point], count: int) -> None:
    front = [points[i] for i in pareto_front(points)]
    shown = outline(front, count)
    assert len(shown) == min(count, len(front))
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (0, len(front) - 1)


@given(POINTS)
def test_a_front_dominates_everything_and_nothing_of_itself(points: list[Point]) -> None:
    front = [points[i] for i in pareto_front(points)]
    assert front == sorted(set(front), key=lambda p: p.cost)
    assert [p.score for p in front] == sorted({p.score for p in front})
    for point in points:
        assert any(p.cost <= point.cost and p.score >= point.score for p in front)


@given(POINTS)
def test_the_hypervolume_is_that_of_pymoo(points: list[Point]) -> None:
    front = [points[i] for i in pareto_front(points)]
    theirs = HV(ref_point=np.array([10.0, 1.0]))(np.array([(p.cost, -p.score) for p in points]))
    assert hypervolume(front, Point(10, -1)) == pytest.approx(theirs)


@given(POINTS)
def test_growth_ends_with_the_whole_front_and_never_falls(points: list[Point]) -> None:
    grown = growth(points)
    shares = [share for _, share in grown]
    assert shares == sorted(set(shares))
    worst = Point(max(p.cost for p in points), min(p.score for p in points))
    best = Point(min(p.cost for p in points), max(p.score for p in points))
    whole = (worst.cost - best.cost) * (best.score - worst.score)
    final = hypervolume([points[i] for i in pareto_front(points)], worst)
    assert (shares[-1] if shares else 0) == pytest.approx(final / whole if whole else 0)
