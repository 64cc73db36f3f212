"""Choosing a formula, by hand."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from diswot.proxies import AGGREGATES
from diswot_benchmarks.validation.choice import Measured, choose, leave_one_out, taus
from diswot_benchmarks.validation.formulas import VARIANTS, formulas, written


def test_taus_are_means_over_the_columns() -> None:
    values = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([5.0, 0.0, 0.0])}
    truth = Measured(values, {"up": np.array([1.0, 2.0, 3.0]), "mixed": np.array([1.0, 3.0, 2.0])})
    # `a` orders all three pairs of one column and two of three of the other: (1 + 1/3) / 2. `-a` is its opposite.
    assert taus(truth, [{"a": 1.0}, {"a": -1.0}]) == pytest.approx([2 / 3, -2 / 3])
    assert taus(truth, [{"a": 1.0, "b": -1.0}])[0] == pytest.approx(2 / 3)
    # `b` has one tied pair of three: tau-b counts it in the denominator.
    expected = np.mean([kendalltau(values["b"], one).statistic for one in truth.accuracies.values()])
    assert taus(truth, [{"b": 1.0}])[0] == pytest.approx(expected)


def test_a_formula_that_ranks_all_alike_has_no_tau() -> None:
    truth = Measured({"same": np.ones(3)}, {"up": np.array([1.0, 2.0, 3.0])})
    assert taus(truth, [{"same": 1.0}]) == pytest.approx([0.0])


def test_what_gains_in_the_mean_and_never_loses_much_is_chosen() -> None:
    # Means .2, .15, .1 and worst .-1, .1, .1: sums .1, .25, .2.
    assert choose(np.array([[0.5, -0.1], [0.2, 0.1], [0.1, 0.1]])) == 1


def test_the_table_that_is_left_out_has_no_say() -> None:
    advantages = np.array([[0.9, 0.0, 0.0], [0.0, 0.9, 0.0], [0.1, 0.1, 0.1]])
    assert leave_one_out(advantages) == [1, 0, 0]
    worse = advantages.copy()
    worse[:, 0] = [-5.0, 7.0, 3.0]
    assert leave_one_out(worse)[0] == leave_one_out(advantages)[0]


def test_the_recommendation_score_is_among_the_formulas() -> None:
    terms = AGGREGATES["default"].terms
    grid = list(formulas())
    names = {name: one.name for name in terms for one in VARIANTS if one.name.startswith(name)}
    assert len(grid) == 12 * 9 * 17
    assert len({written(formula) for formula in grid}) == len(grid)
    constants = {"saturating-capacity": "-80-0.333", "layer-capacity": "-0.5", "trainability": "-5"}
    assert {name + constants[name]: weight for name, weight in terms.items()} in grid
    assert names.keys() == terms.keys()


def test_a_formula_reads_like_a_sum() -> None:
    assert written({"a": 1.0, "b": 0.3}) == "a + 0.3 b"
