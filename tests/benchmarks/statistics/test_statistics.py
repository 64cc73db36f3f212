"""Every statistic, and the definition that the resampled ones are held against, on numbers worked out by hand."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from diswot_benchmarks.statistics import choice, ranking
from diswot_benchmarks.statistics.intervals import Vector
from tests.benchmarks.statistics import definitions, once


@pytest.fixture(params=[once, definitions], ids=["resampled", "definition"])
def s(request: pytest.FixtureRequest) -> ModuleType:
    """The statistics of a table in which each architecture stands once."""
    found: ModuleType = request.param
    return found


def vector(*values: float) -> Vector:
    return np.array(values, dtype=float)


def test_kendall_counts_pairs(s: ModuleType) -> None:
    # Of six pairs one, (2, 3) against (3, 2), is discordant: (5 - 1) / 6.
    assert s.kendall(vector(1, 2, 3, 4), vector(1, 3, 2, 4)) == pytest.approx(4 / 6)


def test_kendall_corrects_for_ties(s: ModuleType) -> None:
    # Four pairs agree; one is tied in score, another in accuracy: 4 / sqrt(5 * 5).
    assert s.kendall(vector(1, 1, 2, 3), vector(1, 2, 2, 3)) == pytest.approx(0.8)


def test_correlations_keep_their_sign(s: ModuleType) -> None:
    up, down = vector(1, 2, 3), vector(9, 5, 1)
    assert (s.kendall(up, down), s.spearman(up, down), s.pearson(up, down)) == pytest.approx((-1, -1, -1))


def test_spearman_shares_ranks_among_ties(s: ModuleType) -> None:
    # Ranks 1.5, 1.5, 3 against 1, 2, 3: covariance 1.5, norms sqrt(1.5) and sqrt(2).
    assert s.spearman(vector(1, 1, 2), vector(10, 20, 30)) == pytest.approx(1.5 / math.sqrt(3))


def test_pearson_takes_the_values(s: ModuleType) -> None:
    # Deviations -1/3, -1/3, 2/3 against -1, 0, 1: 1 / sqrt(2/3 * 2).
    assert s.pearson(vector(0, 0, 1), vector(0, 1, 2)) == pytest.approx(math.sqrt(3) / 2)


def test_pearson_of_values_far_from_zero_is_not_a_warning(s: ModuleType) -> None:
    assert s.pearson(1e12 + vector(0, 0, 1), vector(0, 1, 2)) == pytest.approx(math.sqrt(3) / 2, rel=1e-3)


@pytest.mark.parametrize("name", ["kendall", "spearman", "pearson"])
def test_a_constant_correlates_with_nothing(s: ModuleType, name: str) -> None:
    statistic = getattr(s, name)
    assert math.isnan(statistic(vector(1, 1, 1), vector(1, 2, 3)))
    assert math.isnan(statistic(vector(1, 2, 3), vector(5, 5, 5)))
    assert math.isnan(statistic(vector(1), vector(1)))


def test_a_tenth_is_rounded_up_and_not_by_the_last_bit(s: ModuleType) -> None:
    # 0.1 * 30 is 3.0000000000000004.
    assert [s.quota(n) for n in (1, 10, 11, 20, 30)] == [1, 1, 2, 2, 3]


def test_best_includes_ties_with_the_last(s: ModuleType) -> None:
    assert_array_equal(s.best(vector(90, 70, 80, 80), 0.5), [True, False, True, True])


def test_kendall_top_looks_at_the_best_by_accuracy(s: ModuleType) -> None:
    # The best two of twenty stand in the wrong order; the rest is right.
    score = vector(*range(18), 19, 18)
    accuracy = vector(*range(20))
    assert s.kendall(score, accuracy) == pytest.approx((189 - 1) / 190)
    assert s.kendall_top(score, accuracy) == -1


def test_kendall_iso_cost_looks_at_pairs_of_near_equal_cost(s: ModuleType) -> None:
    # Pairs within 5%: 100-104, 200-210, 210-211 (but not 200-211). Two agree, the third is tied in accuracy.
    cost = vector(100, 104, 200, 210, 211)
    score, accuracy = vector(1, 2, 1, 2, 3), vector(1, 2, 1, 2, 2)
    assert s.kendall_iso_cost(score, accuracy, cost) == pytest.approx(2 / math.sqrt(3 * 2))


def test_kendall_iso_cost_does_not_depend_on_the_order_of_the_table(s: ModuleType) -> None:
    order = [3, 0, 4, 2, 1]
    cost = vector(100, 104, 200, 210, 211)
    score, accuracy = vector(1, 2, 1, 2, 3), vector(1, 2, 2, 1, 1)
    # 100-104 agrees, 200-210 disagrees, 210-211 is tied in accuracy.
    assert s.kendall_iso_cost(score[order], accuracy[order], cost[order]) == 0


def test_kendall_iso_cost_without_pairs_says_nothing(s: ModuleType) -> None:
    assert math.isnan(s.kendall_iso_cost(vector(1, 2), vector(1, 2), vector(100, 200)))


def test_near_equal_includes_the_border() -> None:
    assert_array_equal(ranking.near_ends(vector(100, 105, 106, 200)), [2, 3, 3, 4])
    for cost in range(20, 20_000, 20):  # exact multiples of a twentieth, whatever 1.05 is in binary
        assert ranking.near_ends(vector(cost, cost * 21 // 20))[0] == 2


def test_precision_counts_hits(s: ModuleType) -> None:
    # First three by score: 0, 1, 2; best three by accuracy: 0, 2, 5.
    score = vector(9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
    accuracy = vector(99, 10, 98, 11, 12, 97, 13, 14, 15, 16)
    assert s.precision(score, accuracy, 0.3) == pytest.approx(2 / 3)


def test_precision_shares_the_last_place_among_ties(s: ModuleType) -> None:
    # Two architectures share the one place; one of them is the best.
    assert s.precision(vector(5, 5, 1, 1), vector(40, 30, 20, 10), 0.25) == 0.5


def test_budgets_are_costs_of_the_table() -> None:
    assert_array_equal(choice.budgets(vector(40, 10, 20, 30), 2), [20, 40])
    assert_array_equal(choice.budgets(vector(*range(1, 41))), range(2, 41, 2))


def test_regret_is_what_trusting_the_score_costs(s: ModuleType) -> None:
    # Budgets 10: nothing to choose, 0 lost; 20: 60 chosen, 70 to be had; 30: the best chosen.
    score, accuracy, cost = vector(1, 2, 3), vector(70, 60, 80), vector(10, 20, 30)
    assert s.regret(score, accuracy, cost, vector(10, 20, 30)) == pytest.approx(10 / 3)


def test_regret_of_a_tie_is_that_of_a_random_choice(s: ModuleType) -> None:
    assert s.regret(vector(1, 1), vector(50, 60), vector(10, 10), vector(10)) == 5


def test_regret_leaves_out_budgets_that_afford_nothing(s: ModuleType) -> None:
    assert s.regret(vector(2, 1), vector(50, 60), vector(10, 10), vector(5, 10)) == 10
    assert math.isnan(s.regret(vector(2, 1), vector(50, 60), vector(10, 10), vector(5)))


def test_near_pairs_are_found_in_any_order() -> None:
    assert_array_equal(ranking.has_iso_cost(vector(200, 100, 105, 211)), [False, True, True, False])
    assert_array_equal(ranking.has_iso_cost(vector(7)), [False])


@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_what_is_no_number_never_becomes_one(broken: float, place: int) -> None:
    """In score and in accuracy alike: sorted, a `nan` would rank above every number."""
    columns = [vector(1, 2, 3, 4), vector(1, 3, 2, 4)]
    columns[place][3] = broken
    score, accuracy = columns
    cost = vector(1, 1, 1, 1)
    plain = (once.kendall, once.spearman, once.pearson, once.kendall_top, once.precision)
    found = [statistic(score, accuracy) for statistic in plain]
    found += [once.kendall_iso_cost(score, accuracy, cost), once.regret(score, accuracy, cost, cost)]
    assert all(map(math.isnan, found))
