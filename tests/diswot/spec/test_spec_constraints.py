"""Budgets: what they refuse, what they allow, and how they say it."""

from __future__ import annotations

import math
import re

import pytest

from diswot.errors import InputError
from diswot.spec.constraints import Constraints
from diswot.spec.latency import LatencySetup
from diswot_spaces import Costs


@pytest.mark.parametrize(
    ("name", "limit", "sentence"),
    [
        ("max_params", 0, "max_params must be at least 1, not 0"),
        ("min_macs", 0, "min_macs must be at least 1, not 0"),
        ("max_memory", -5, "max_memory must be at least 1, not -5"),
        ("max_latency", 0.0, "max_latency must be more than 0, not 0.0"),
        ("min_latency", -0.1, "min_latency must be more than 0, not -0.1"),
        ("max_latency", math.nan, "max_latency must be more than 0, not nan"),
        ("min_latency", math.inf, "min_latency must be at most 3600 s, not inf s"),
    ],
)
def test_limits_that_are_not_positive_are_refused(name: str, limit: float, sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        Constraints(**{name: limit})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cost", "low", "high", "sentence"),
    [
        ("params", 500_000, 300_000, "min_params must be at most max_params, which is 300,000, not 500,000"),
        ("macs", 2, 1, "min_macs must be at most max_macs, which is 1, not 2"),
        ("memory", 2_000, 1_999, "min_memory must be at most max_memory, which is 1,999, not 2,000"),
        ("latency", 0.004, 0.00025, "min_latency must be at most max_latency, which is 250 us, not 4 ms"),
    ],
)
def test_contradictory_ranges_are_refused(cost: str, low: float, high: float, sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        Constraints(**{f"min_{cost}": low, f"max_{cost}": high})  # type: ignore[arg-type]


def test_a_budget_holds_up_to_its_limits_and_says_them() -> None:
    budget = Constraints(max_params=100, max_macs=2_000_000)
    assert budget.allows(Costs(100, 2_000_000, 9, 1))
    assert not budget.allows(Costs(101, 1, 1, 1))
    assert not budget.allows(Costs(1, 2_000_001, 1, 1))
    assert Constraints().allows(Costs(10**18, 10**18, 9, 1))
    assert str(budget) == "at most 100 parameters and at most 2,000,000 MACs"
    assert str(Constraints(max_macs=7)) == "at most 7 MACs"
    assert str(Constraints()) == "no limit"


def test_ranges_hold_with_their_ends_and_say_themselves() -> None:
    budget = Constraints(min_params=10, max_params=20, min_macs=30, max_memory=2_000_000)
    assert budget.allows(Costs(10, 30, 1, 2_000_000))
    assert budget.allows(Costs(20, 10**9, 1, 1))
    for costs in (Costs(9, 30, 1, 1), Costs(21, 30, 1, 1), Costs(15, 29, 1, 1), Costs(15, 30, 1, 2_000_001)):
        assert not budget.allows(costs)
    assert str(budget) == "10 to 20 parameters and at least 30 MACs and at most 2,000,000 bytes of activations"
    assert str(Constraints(min_params=7, max_params=7)) == "exactly 7 parameters"


def test_distance_is_the_sum_of_log_ratios_to_the_nearest_ends() -> None:
    budget = Constraints(min_params=10, max_params=20, max_macs=100)
    assert budget.distance(Costs(15, 1, 1, 1)) == 0
    assert budget.distance(Costs(5, 300, 1, 1)) == pytest.approx(math.log(2) + math.log(3))
    assert budget.distance(Costs(40, 100, 1, 1)) == pytest.approx(math.log(2))


def test_a_latency_is_said_with_where_it_is_measured() -> None:
    assert not Constraints().times
    setup = LatencySetup("cpu", 2, 8)
    assert (
        str(Constraints(max_params=9, max_latency=0.004))
        == "at most 9 parameters and at most 4 ms on cpu (1 thread, batch 1)"
    )
    assert (
        str(Constraints(min_latency=0.001, max_latency=0.004, latency=setup))
        == "1 ms to 4 ms on cpu (2 threads, batch 8)"
    )
    budget = Constraints(min_latency=0.001, max_latency=0.004)
    assert budget.times
    assert [budget.in_time(s) for s in (0.0009, 0.001, 0.004, 0.0041)] == [False, True, True, False]
