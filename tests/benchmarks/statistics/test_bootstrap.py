"""The resampled statistics agree with the definitions on each resampled table."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from benchmarks.statistics import bootstrap
from benchmarks.statistics.bootstrap import STATISTICS, Estimate, draw, estimate, resamples_for, tau_of
from benchmarks.statistics.definitions import Sample, budgets
from benchmarks.statistics.intervals import Interval


def table(n: int, *, seed: int = 0, levels: int = 1000) -> Sample:
    """A table with ties where there are fewer levels than rows."""
    rng = np.random.default_rng(seed)
    accuracy = rng.integers(levels, size=n).astype(float)
    score = np.round(accuracy + rng.normal(scale=levels / 3, size=n), -1)
    params = rng.integers(100, 140, size=n).astype(float)
    macs = 7 * params + rng.integers(50, size=n).astype(float)
    return Sample(score, accuracy, params, macs, budgets(params), budgets(macs))


@pytest.mark.parametrize("dense", [0, 1000])
@pytest.mark.parametrize("levels", [8, 1000])
@pytest.mark.parametrize("name", STATISTICS)
def test_resampled_statistics_are_the_definitions_on_resampled_tables(
    name: str, levels: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "_DENSE", dense)
    monkeypatch.setattr(bootstrap, "_BLOCK", 16)
    sample, statistic = table(50, levels=levels), STATISTICS[name]
    groups = np.minimum(np.arange(50), 40)
    members = np.where(np.arange(50) % 7, 1, 3)
    weights = draw(groups, members, 12, seed=1)
    expected = [statistic.exact(sample.repeat(row)) for row in weights.astype(np.int64)]
    assert_allclose(statistic.resampled(sample, weights), expected, rtol=1e-6, atol=1e-9)


def test_a_table_too_small_for_a_statistic_has_no_interval() -> None:
    sample = table(6)
    once = np.ones(6, dtype=np.int64)
    found = estimate(STATISTICS["tau_top10"], sample, np.arange(6), once, draw(np.arange(6), once, 9, 0))
    assert np.isnan([found.value, found.interval.low, found.interval.high]).all()


def test_a_perfect_ranking_is_certain() -> None:
    accuracy = np.arange(30.0)
    sample = Sample(
        accuracy, accuracy, accuracy + 100, accuracy + 100, budgets(accuracy + 100), budgets(accuracy + 100)
    )
    weights = draw(np.arange(30), np.ones(30, dtype=np.int64), 50, 0)
    for name in ("tau", "spearman", "pearson"):
        found = estimate(STATISTICS[name], sample, np.arange(30), np.ones(30, dtype=np.int64), weights)
        assert (found.value, found.interval.low, found.interval.high) == pytest.approx((1, 1, 1))


def test_the_interval_holds_the_middle_95_percent() -> None:
    sample = table(200)
    weights = draw(np.arange(200), np.ones(200, dtype=np.int64), 400, 0)
    found = estimate(STATISTICS["tau"], sample, np.arange(200), np.ones(200, dtype=np.int64), weights)
    taus, interval = STATISTICS["tau"].resampled(sample, weights), found.interval
    assert interval.low < found.value < interval.high
    assert np.mean((taus >= interval.low) & (taus <= interval.high)) == pytest.approx(0.95, abs=0.006)


def whole(n: int, groups: list[int], counts: list[int], name: str) -> Estimate:
    """A statistic of `n` architectures in perfect order, no two of near-equal cost."""
    values = np.arange(float(n))
    cost = 100 * 2.0**values
    sample = Sample(values, values, cost, cost, budgets(cost), budgets(cost))
    weights = draw(np.array(groups), np.array(counts), 200, 0)
    return estimate(STATISTICS[name], sample, np.array(groups), np.array(counts), weights)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_few_architectures_in_perfect_order_have_no_interval(n: int) -> None:
    found = whole(n, list(range(n)), [1] * n, "tau")
    assert found.value == pytest.approx(1)
    assert found.interval.too_few
    assert np.isnan([found.interval.low, found.interval.high]).all()


def test_observations_are_the_independent_ones_that_decide() -> None:
    """Six rows of four functions; copies that a rule counts; the best two of twenty; pairs of near-equal cost."""
    assert whole(6, [0, 0, 1, 2, 3, 3], [1] * 6, "tau").interval.too_few
    assert whole(3, [0, 1, 2], [4, 4, 4], "tau").interval.too_few
    top = whole(20, list(range(20)), [1] * 20, "tau_top10")
    assert top.value == pytest.approx(1)
    assert (top.observations, top.interval.too_few) == (2, True)
    assert not whole(20, list(range(20)), [1] * 20, "tau").interval.too_few
    assert whole(20, list(range(20)), [1] * 20, "tau_budget").observations == 0


def test_resamples_that_leave_a_statistic_undefined_are_counted() -> None:
    """Of five architectures one differs in score: 0.8 to the fifth of the resamples lack it, and rank nothing."""
    score = np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    sample = Sample(score, np.arange(5.0), score + 1, score + 1, np.array([2.0]), np.array([2.0]))
    once = np.ones(5, dtype=np.int64)
    weights = draw(np.arange(5), once, 1000, 0)
    interval = estimate(STATISTICS["tau"], sample, np.arange(5), once, weights).interval
    lacking = int(np.sum(weights[:, 4] == 0) + np.sum(weights[:, 4] == 5))
    assert interval.undefined == lacking == pytest.approx(1000 * 0.8**5, rel=0.1)
    assert np.isfinite([interval.low, interval.high]).all()


def test_differences_are_taken_resample_by_resample() -> None:
    sample = table(50)
    once = np.ones(50, dtype=np.int64)
    weights = draw(np.arange(50), once, 40, 0)
    one = estimate(STATISTICS["tau"], sample, np.arange(50), once, weights)
    same = tau_of(2 * sample.score, sample.accuracy, np.arange(50), once, weights)
    assert (one - same).interval == Interval(0.0, 0.0)
    other = tau_of(-sample.score, sample.accuracy, np.arange(50), once, weights)
    assert (one - other).value == pytest.approx(2 * one.value)
    assert_allclose((one - other).resampled, 2 * one.resampled)


def test_resamples_draw_rows_of_one_function_together() -> None:
    weights = draw(np.array([0, 0, 1, 2]), np.array([1, 1, 1, 5]), 200, seed=3)
    assert_array_equal(weights[:, 0], weights[:, 1])
    assert_array_equal(weights[:, [0, 2]].sum(1) + weights[:, 3] / 5, np.full(200, 3))
    assert_allclose(weights.mean(0), [1, 1, 1, 5], rtol=0.2)


def test_resamples_depend_on_the_seed_alone() -> None:
    arguments = np.arange(20), np.ones(20, dtype=np.int64), 5
    assert_array_equal(draw(*arguments, seed=1), draw(*arguments, seed=1))
    assert (draw(*arguments, seed=1) != draw(*arguments, seed=2)).any()


def test_large_tables_get_fewer_resamples() -> None:
    assert [resamples_for(n) for n in (500, 7000, 15_625, 1_000_000)] == [1000, 1000, 448, 200]
