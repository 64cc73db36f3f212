"""Budgets: how they are written, and what lies within them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from diswot.errors import InfeasibleBudget, InputError
from diswot.search.budget import Budget
from diswot.search.feasible import Feasible
from diswot.search.quantities import parse_count
from search_spaces import CIFAR, Costs, get_space

NASBENCH, RESNETS, MOBILENETS = map(get_space, ("nasbench201", "cifar-resnet", "mobilenetv2"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("500000", 500_000),
        ("0.5M", 500_000),
        (" 0.5 M ", 500_000),
        ("0.5M params", 500_000),
        ("80 MMACs", 80_000_000),
        ("80 MACs", 80),
        ("1.2G", 1_200_000_000),
        ("1k", 1_000),
        ("1K", 1_000),
        ("1.9", 1),
        ("0.29M", 290_000),
        ("9" * 18, 10**18 - 1),
    ],
)
def test_counts_are_read_as_people_write_them(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize(
    "text", ["", "M", "0", "0.0001", "-1", "1e6", "0.5m", "1,000", "5 apples", "nan", "inf", "1.M", "٣", "9" * 400]
)
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_count(text)
    assert str(caught.value) == f"a budget is a positive number, with k, M or G behind it if you like, not {text!r}"


@pytest.mark.parametrize("name", ["max_params", "max_macs"])
def test_limits_below_one_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=rf"^{name} must be at least 1, not 0$"):
        Budget(**{name: 0})


def test_a_budget_holds_up_to_its_limits_and_says_them() -> None:
    budget = Budget(max_params=100, max_macs=2_000_000)
    assert budget.allows(Costs(100, 2_000_000, 9, 1))
    assert not budget.allows(Costs(101, 1, 1, 1))
    assert not budget.allows(Costs(1, 2_000_001, 1, 1))
    assert Budget().allows(Costs(10**18, 10**18, 9, 1))
    assert str(budget) == "at most 100 parameters and at most 2,000,000 MACs"
    assert str(Budget(max_macs=7)) == "at most 7 MACs"
    assert str(Budget()) == "no limit"


@pytest.mark.parametrize("budget", [Budget(), Budget(300_000), Budget(500_000, 60_000_000), Budget(73_306)], ids=str)
def test_a_listed_space_has_exactly_what_is_within_the_budget(budget: Budget) -> None:
    feasible = Feasible(NASBENCH, budget, 10, CIFAR)
    everything = {NASBENCH.canonical(arch) for arch in NASBENCH.enumerate()}
    within = {arch for arch in everything if budget.allows(NASBENCH.costs(arch, 10))}
    assert feasible.listed is not None
    assert len(feasible.listed) == len(within)
    assert set(feasible.listed) == within
    rng = np.random.default_rng(0)
    assert {feasible.sample(rng) for _ in range(300)} <= within


def test_a_region_of_a_handful_is_found_whole() -> None:
    feasible = Feasible(RESNETS, Budget(max_params=96_730), 10, CIFAR)
    assert list(map(RESNETS.encode, feasible.listed or ())) == ["1-1-1", "3-1-1", "5-1-1"]
    rng = np.random.default_rng(0)
    assert len({feasible.sample(rng) for _ in range(100)}) == 3


def test_a_budget_that_nothing_meets_says_what_the_smallest_costs() -> None:
    sentence = (
        "no architecture of nasbench201 has at most 73,305 parameters: "
        "the smallest costs 73,306 parameters and 7,783,040 MACs for 10 classes"
    )
    with pytest.raises(InfeasibleBudget) as caught:
        Feasible(NASBENCH, Budget(73_305), 10, CIFAR)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "budget", [Budget(), Budget(1_000_000), Budget(300_000, 8_000_000), Budget(max_macs=6_900_000)], ids=str
)
def test_samples_of_a_space_too_large_to_list_are_always_within_the_budget(budget: Budget) -> None:
    feasible = Feasible(MOBILENETS, budget, 10, CIFAR)
    assert feasible.listed is None
    rng = np.random.default_rng(0)
    drawn = [feasible.sample(rng) for _ in range(100)]
    assert all(budget.allows(MOBILENETS.costs(arch, 10)) for arch in drawn)
    assert len(set(drawn)) > 5
    again = np.random.default_rng(0)
    assert [feasible.sample(again) for _ in range(10)] == drawn[:10]


def test_samples_use_the_budget_up() -> None:
    feasible = Feasible(MOBILENETS, Budget(1_000_000), 10, CIFAR)
    rng = np.random.default_rng(0)
    assert np.mean([MOBILENETS.costs(feasible.sample(rng), 10).params for _ in range(50)]) > 800_000


def test_steps_lead_through_all_of_a_thin_region() -> None:
    budget = Budget(MOBILENETS.costs(MOBILENETS.smallest, 10).params + 2_000)
    feasible = Feasible(MOBILENETS, budget, 10, CIFAR)
    found = [MOBILENETS.smallest]
    while near := feasible.beside(found):
        found += near
    assert len(found) == len(set(found)) == 11

    # Nothing is within the budget together that is not within it alone.
    zeros = MOBILENETS.smallest.choices
    alone = (
        [c for c in range(len(options)) if feasible.allows(MOBILENETS.arch([*zeros[:i], c, *zeros[i + 1 :]]))]
        for i, options in enumerate(MOBILENETS.options)
    )
    assert set(found) == {arch for arch in map(MOBILENETS.arch, product(*alone)) if feasible.allows(arch)}
