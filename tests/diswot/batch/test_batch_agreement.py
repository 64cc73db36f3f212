"""How far seeds agree, by hand."""

from __future__ import annotations

import pytest

from diswot.batch.agreement import TOP, Agreement, agreement


def test_one_seed_agrees_with_nobody() -> None:
    assert agreement([{"a": 1.0}]) == Agreement(None, None, None, None)
    assert agreement([]) == Agreement(None, None, None, None)


def test_three_seeds_are_compared_in_pairs() -> None:
    # (1, 2): a b | b a on {a, b, c}: one pair of three is turned round, tau 1/3. (1, 3): only c is shared, no tau.
    # (2, 3): likewise. Of the three best each: 3, 1 and 1 of 3 are shared.
    found = agreement([{"a": 3.0, "b": 2.0, "c": 1.0}, {"b": 9.0, "a": 8.0, "c": 7.0}, {"x": 3.0, "c": 2.0, "y": 1.0}])
    assert found.same is False
    assert found.overlap == pytest.approx((3 / 3 + 1 / 3 + 1 / 3) / 3)
    assert found.tau == pytest.approx(1 / 3)
    assert found.shared == 1


def test_only_the_ten_best_overlap() -> None:
    one = {f"arch{i:02}": float(-i) for i in range(20)}
    other = dict(sorted(one.items(), key=lambda pair: pair[0] < "arch05"))  # The best five of one come last.
    assert TOP == 10
    assert agreement([one, other]).overlap == pytest.approx(5 / 10)


def test_fewer_than_ten_are_compared_with_as_many() -> None:
    assert agreement([{"a": 2.0, "b": 1.0}, {"a": 5.0, "c": 4.0, "b": 3.0}]).overlap == pytest.approx(1 / 2)


def test_ties_count_as_tau_b_counts_them() -> None:
    # ab is tied in one, so of three pairs two are ordered there: 2 / sqrt(2 x 3).
    found = agreement([{"a": 2.0, "b": 2.0, "c": 1.0}, {"a": 3.0, "b": 2.0, "c": 1.0}])
    assert found.tau == pytest.approx(2 / 6**0.5)
    assert found.same is True
    assert found.overlap == 1.0


def test_where_all_scores_are_equal_nothing_can_be_said_of_their_order() -> None:
    assert agreement([{"a": 1.0, "b": 1.0}, {"a": 2.0, "b": 1.0}]).tau is None
