"""Verdicts are read off intervals, and off nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.paper.claims import Verdict, interval, judge, plain, together


@pytest.mark.parametrize(
    ("low", "high", "at", "verdict"),
    [
        (0.1, 0.3, 0.0, "holds"),
        (-0.3, -0.1, 0.0, "does not hold"),
        (-0.1, 0.3, 0.0, "cannot be told"),
        (0.0, 0.3, 0.0, "cannot be told"),
        (0.0, 0.0, 0.0, "does not hold"),
        (200.0, 900.0, 180.0, "holds"),
        (100.0, 179.0, 180.0, "does not hold"),
        (100.0, 200.0, 180.0, "cannot be told"),
        (math.nan, math.nan, 0.0, "cannot be told"),
    ],
)
def test_an_interval_decides(low: float, high: float, at: float, verdict: Verdict) -> None:
    assert judge(low, high, at) == verdict


def test_a_claim_of_several_parts() -> None:
    assert together(["holds", "holds"]) == "holds"
    assert together(["holds", "cannot be told"]) == "cannot be told"
    assert together(["holds", "cannot be told", "does not hold"]) == "does not hold"


def test_the_interval_is_the_central_95_percent_of_what_is_finite() -> None:
    assert interval(np.array([*np.arange(1001.0), np.nan])) == pytest.approx((25.0, 975.0))
    assert np.isnan(interval(np.array([np.nan]))).all()


def test_what_is_no_number_is_null_in_json() -> None:
    assert plain({"a": {"b": math.nan, "c": 1.5}, "d": math.inf, "e": "x"}) == {
        "a": {"b": None, "c": 1.5},
        "d": None,
        "e": "x",
    }
