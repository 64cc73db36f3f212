"""Verdicts are read off intervals, and off nothing else."""

from __future__ import annotations

import math

import pytest

from diswot_benchmarks.paper.claims import Verdict, judge, plain, together, words


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
        (None, None, 0.0, "cannot be told"),
    ],
)
def test_an_interval_decides(low: float | None, high: float | None, at: float, verdict: Verdict) -> None:
    assert judge(low, high, at) == verdict


def test_a_claim_of_several_parts() -> None:
    assert together(["holds", "holds"]) == "holds"
    assert together(["holds", "cannot be told"]) == "cannot be told"
    assert together(["holds", "cannot be told", "does not hold"]) == "does not hold"


def test_what_is_no_number_is_null_in_json() -> None:
    assert plain({"a": {"b": math.nan, "c": 1.5}, "d": math.inf, "e": "x"}) == {
        "a": {"b": None, "c": 1.5},
        "d": None,
        "e": "x",
    }


def test_a_figure_without_an_interval_says_so() -> None:
    assert words({"a": 1.5, "a_low": -1.0, "a_high": 2.0}, "a", "+.2f") == "+1.50 [-1.00, 2.00]"
    assert words({"a": 1.5, "a_low": None, "a_high": None}, "a", ".2f") == "1.50 (no interval)"
    assert words({"a": None, "a_low": math.nan, "a_high": math.nan}, "a", ".2f") == "undefined (no interval)"
