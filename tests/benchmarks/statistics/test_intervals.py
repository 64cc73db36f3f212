"""Intervals: their ends, what is left out of them, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from diswot.seeds import stream
from diswot_benchmarks.statistics.intervals import FEWEST, Interval, central, resample


def test_the_interval_is_the_central_95_percent_of_what_is_finite() -> None:
    found = central(np.array([*np.arange(1001.0), np.nan]), FEWEST)
    assert (found.low, found.high) == pytest.approx((25.0, 975.0))
    assert (found.undefined, found.too_few) == (1, False)


def test_nothing_defined_is_no_interval() -> None:
    found = central(np.array([np.nan, np.nan]), FEWEST)
    assert np.isnan([found.low, found.high]).all()
    assert (found.undefined, found.too_few) == (2, False)


def test_four_observations_are_too_few() -> None:
    found = central(np.arange(1000.0), FEWEST - 1)
    assert np.isnan([found.low, found.high]).all()
    assert found.too_few
    assert resample(np.mean, stream(0, "runs"), np.arange(4.0)).too_few
    assert not resample(np.mean, stream(0, "runs"), np.arange(5.0)).too_few


def test_a_mean_is_resampled_by_seed() -> None:
    values = np.arange(20.0)
    found = resample(np.mean, stream(0, "runs"), values)
    error = values.std() / np.sqrt(20)  # What resampling draws from has this spread.
    assert (found.low, found.high) == pytest.approx((9.5 - 1.96 * error, 9.5 + 1.96 * error), abs=0.3)
    assert found == resample(np.mean, stream(0, "runs"), values)
    assert found != resample(np.mean, stream(1, "runs"), values)
    assert resample(np.mean, stream(0, "runs"), np.full(5, 70.0)) == Interval(70.0, 70.0)


def test_series_that_belong_together_are_drawn_together() -> None:
    """Twice as much in every entry is twice as much in every resample."""
    one = np.array([1.0, 5.0, 2.0, 8.0, 3.0])
    found = resample(lambda a, b, axis: a.sum(axis) / b.sum(axis), stream(0, "ratio"), 2 * one, one)
    assert (found.low, found.high) == pytest.approx((2, 2))
