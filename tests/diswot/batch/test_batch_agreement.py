"""How far seeds agree, by hand."""

from __future__ import annotations

import pytest

from diswot.batch.agreement import TOP, Agreement, agreement


def test_one_seed_agrees_with_nobody() -> None:
    assert agreement([{"a": 1.0}]) == Agreement(None, None, None, None)
    assert agreement([]) == Agreement(None, None, None, None)


def ranked(archs: str) -> dict[str, float]:
    """A seed that measured one candidate a letter, the best first."""
    return {arch: float(-place) for place, arch in enumerate(archs)}


def test_three_seeds_are_compared_in_pairs() -> None:
    # (1, 2): one pair of ten is turned round, tau 8 / 10. (1, 3), (2, 3): only c is shared, no tau.
    # Of the best five: 5, 1 and 1 of 5 are shared.
    found = agreement([ranked("abcde"), ranked("bacde"), ranked("vwcxy")])
    assert found.same is False
    assert found.overlap == pytest.approx((5 / 5 + 1 / 5 + 1 / 5) / 3)
    assert found.tau == pytest.approx(0.8)
    assert found.shared == 1


def test_the_order_of_a_few_common_candidates_says_nothing() -> None:
    few = agreement([ranked("abcd"), ranked("abcd")])
    assert (few.tau, few.shared) == (None, 4)
    assert agreement([ranked("abcde"), ranked("abcde")]).tau == pytest.approx(1)


def test_only_the_ten_best_overlap() -> None:
    one = {f"arch{i:02}": float(-i) for i in range(20)}
    other = dict(sorted(one.items(), key=lambda pair: pair[0] < "arch05"))  # The best five of one come last.
    assert TOP == 10
    assert agreement([one, other]).overlap == pytest.approx(5 / 10)


def test_fewer_than_ten_are_compared_with_as_many() -> None:
    assert agreement([{"a": 2.0, "b": 1.0}, {"a": 5.0, "c": 4.0, "b": 3.0}]).overlap == pytest.approx(1 / 2)


def test_ties_count_as_tau_b_counts_them() -> None:
    # a and b are tied in one, so of ten pairs nine are ordered there: 9 / sqrt(9 x 10).
    found = agreement([ranked("abcde") | {"b": 0.0}, ranked("abcde")])
    assert found.tau == pytest.approx(9 / 90**0.5)
    assert found.same is True
    assert found.overlap == 1.0


def test_where_all_scores_are_equal_nothing_can_be_said_of_their_order() -> None:
    assert agreement([dict.fromkeys("abcde", 1.0), ranked("abcde")]).tau is None
