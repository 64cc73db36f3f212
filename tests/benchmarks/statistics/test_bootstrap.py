"""The resampled statistics agree with the definitions on each resampled table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from diswot_benchmarks.statistics.bootstrap import STATISTICS, Estimate, Resamples, resamples_for
from diswot_benchmarks.statistics.choice import budgets
from diswot_benchmarks.statistics.intervals import Interval, Vector
from diswot_benchmarks.statistics.ranking import Sample, kendall, near_ends
from tests.benchmarks.statistics import definitions as d


def table(n: int, *, seed: int = 0, levels: int = 1000) -> Sample:
    """A table with ties where there are fewer levels than rows."""
    rng = np.random.default_rng(seed)
    accuracy = rng.integers(levels, size=n).astype(float)
    score = np.round(accuracy + rng.normal(scale=levels / 3, size=n), -1)
    params = rng.integers(100, 140, size=n).astype(float)
    macs = 7 * params + rng.integers(50, size=n).astype(float)
    return Sample(score, accuracy, params, macs, budgets(params), budgets(macs))


DEFINITIONS: dict[str, Callable[[Sample], float]] = {
    "tau": lambda t: d.kendall(t.score, t.accuracy),
    "spearman": lambda t: d.spearman(t.score, t.accuracy),
    "pearson": lambda t: d.pearson(t.score, t.accuracy),
    "tau_top10": lambda t: d.kendall_top(t.score, t.accuracy),
    "tau_budget": lambda t: d.kendall_iso_cost(t.score, t.accuracy, t.params),
    "tau_budget_macs": lambda t: d.kendall_iso_cost(t.score, t.accuracy, t.macs),
    "precision10": lambda t: d.precision(t.score, t.accuracy),
    "regret": lambda t: (
        (
            d.regret(t.score, t.accuracy, t.params, t.params_limits)
            + d.regret(t.score, t.accuracy, t.macs, t.macs_limits)
        )
        / 2
    ),
}


def repeat(sample: Sample, counts: NDArray[np.int64]) -> Sample:
    """The table in which architecture `i` stands `counts[i]` times; the budgets stay."""
    columns = (sample.score, sample.accuracy, sample.params, sample.macs)
    score, accuracy, params, macs = (np.repeat(column, counts) for column in columns)
    return Sample(score, accuracy, params, macs, sample.params_limits, sample.macs_limits)


@pytest.mark.parametrize("levels", [8, 1000])
@pytest.mark.parametrize("name", STATISTICS)
def test_resampled_statistics_are_the_definitions_on_resampled_tables(name: str, levels: int) -> None:
    sample = table(50, levels=levels)
    resamples = Resamples.draw(np.minimum(np.arange(50), 40), np.where(np.arange(50) % 7, 1, 3), 1, 12)
    expected = [DEFINITIONS[name](repeat(sample, row)) for row in resamples.weights.astype(np.int64)]
    found = STATISTICS[name].estimate(sample, resamples)
    assert_allclose([found.value, *found.resampled], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("block", [16, 256])
@pytest.mark.parametrize("dense", [0, 1000])
@pytest.mark.parametrize("near", [False, True])
def test_tau_is_the_same_in_blocks_and_sorted(dense: int, block: int, near: bool) -> None:
    sample = table(50, levels=8)
    ends = near_ends(np.sort(sample.params)) if near else None
    weights = each(50, 12).weights
    expected = kendall(sample.score, sample.accuracy, weights, ends)
    assert_allclose(kendall(sample.score, sample.accuracy, weights, ends, dense=dense, block=block), expected)


def each(n: int, resamples: int) -> Resamples:
    """Resamples of a table in which each architecture stands once."""
    return Resamples.draw(np.arange(n), np.ones(n, dtype=np.int64), 0, resamples)


def test_a_table_too_small_for_a_statistic_has_no_interval() -> None:
    found = STATISTICS["tau_top10"].estimate(table(6), each(6, 9))
    assert np.isnan([found.value, found.interval.low, found.interval.high]).all()


def test_a_perfect_ranking_is_certain() -> None:
    accuracy = np.arange(30.0)
    sample = Sample(
        accuracy, accuracy, accuracy + 100, accuracy + 100, budgets(accuracy + 100), budgets(accuracy + 100)
    )
    for name in ("tau", "spearman", "pearson"):
        found = STATISTICS[name].estimate(sample, each(30, 50))
        assert (found.value, found.interval.low, found.interval.high) == pytest.approx((1, 1, 1))


def test_the_interval_holds_the_middle_95_percent() -> None:
    found = STATISTICS["tau"].estimate(table(200), each(200, 400))
    taus, interval = found.resampled, found.interval
    assert interval.low < found.value < interval.high
    assert np.mean((taus >= interval.low) & (taus <= interval.high)) == pytest.approx(0.95, abs=0.006)


def whole(n: int, groups: list[int], counts: list[int], name: str) -> Estimate:
    """A statistic of `n` architectures in perfect order, no two of near-equal cost."""
    values = np.arange(float(n))
    cost = 100 * 2.0**values
    sample = Sample(values, values, cost, cost, budgets(cost), budgets(cost))
    return STATISTICS[name].estimate(sample, Resamples.draw(np.array(groups), np.array(counts), 0, 200))


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
    resamples = each(5, 1000)
    interval = resamples.estimate(kendall(score, np.arange(5.0), resamples.weights)).interval
    drawn = resamples.weights[1:, 4]
    lacking = int(np.sum(drawn == 0) + np.sum(drawn == 5))
    assert interval.undefined == lacking == pytest.approx(1000 * 0.8**5, rel=0.1)
    assert np.isfinite([interval.low, interval.high]).all()


def test_differences_are_taken_resample_by_resample() -> None:
    sample, resamples = table(50), each(50, 40)

    def tau(score: Vector) -> Estimate:
        return resamples.estimate(kendall(score, sample.accuracy, resamples.weights))

    one, same, other = (tau(score) for score in (sample.score, 2 * sample.score, -sample.score))
    assert (one - same).interval == Interval(0.0, 0.0)
    assert (one - other).value == pytest.approx(2 * one.value)
    assert_allclose((one - other).resampled, 2 * one.resampled)


def test_resamples_draw_rows_of_one_function_together() -> None:
    weights = Resamples.draw(np.array([0, 0, 1, 2]), np.array([1, 1, 1, 5]), 3, 200).weights
    assert_array_equal(weights[0], [1, 1, 1, 5])
    drawn = weights[1:]
    assert_array_equal(drawn[:, 0], drawn[:, 1])
    assert_array_equal(drawn[:, [0, 2]].sum(1) + drawn[:, 3] / 5, np.full(200, 3))
    assert_allclose(drawn.mean(0), [1, 1, 1, 5], rtol=0.2)


def test_resamples_depend_on_the_seed_alone() -> None:
    arguments = np.arange(20), np.ones(20, dtype=np.int64)
    first = Resamples.draw(*arguments, 1, 5).weights
    assert_array_equal(first, Resamples.draw(*arguments, 1, 5).weights)
    assert (first != Resamples.draw(*arguments, 2, 5).weights).any()


def test_large_tables_get_fewer_resamples() -> None:
    assert [resamples_for(n) for n in (500, 7000, 15_625, 1_000_000)] == [1000, 1000, 448, 200]
