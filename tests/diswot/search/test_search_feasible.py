"""What lies within a budget: exactly where the space can be listed, and found though thin where it cannot."""

from __future__ import annotations

import hashlib
import json
from itertools import product

import numpy as np
import pytest

from diswot.errors import InfeasibleBudget
from diswot.search.feasible import Feasible
from diswot.search.repair import Effort
from diswot.spec.constraints import Constraints
from diswot_spaces import CIFAR, SearchSpace, get_space

NASBENCH, RESNETS, MOBILENETS = map(get_space, ("nasbench201", "cifar-resnet", "mobilenetv2"))


@pytest.mark.parametrize(
    "budget", [Constraints(), Constraints(300_000), Constraints(500_000, 60_000_000), Constraints(73_306)], ids=str
)
def test_a_listed_space_has_exactly_what_is_within_the_budget(budget: Constraints) -> None:
    feasible = Feasible(NASBENCH, budget, 10, CIFAR)
    everything = {NASBENCH.canonical(arch) for arch in NASBENCH.enumerate()}
    within = {arch for arch in everything if budget.allows(NASBENCH.costs(arch, 10))}
    assert feasible.listed is not None
    assert len(feasible.listed) == len(within)
    assert set(feasible.listed) == within
    rng = np.random.default_rng(0)
    assert {feasible.sample(rng) for _ in range(300)} <= within


def test_a_region_of_a_handful_is_found_whole() -> None:
    feasible = Feasible(RESNETS, Constraints(max_params=96_730), 10, CIFAR)
    assert list(map(RESNETS.encode, feasible.listed or ())) == ["1-1-1", "3-1-1", "5-1-1"]
    rng = np.random.default_rng(0)
    assert len({feasible.sample(rng) for _ in range(100)}) == 3


def test_a_budget_that_nothing_meets_says_what_the_smallest_costs() -> None:
    sentence = (
        "no architecture of nasbench201 has at most 73,305 parameters: "
        "the smallest costs 73,306 parameters and 7,783,040 MACs for 10 classes"
    )
    with pytest.raises(InfeasibleBudget) as caught:
        Feasible(NASBENCH, Constraints(73_305), 10, CIFAR)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "budget",
    [Constraints(), Constraints(1_000_000), Constraints(300_000, 8_000_000), Constraints(max_macs=6_900_000)],
    ids=str,
)
def test_samples_of_a_space_too_large_to_list_are_always_within_the_budget(budget: Constraints) -> None:
    feasible = Feasible(MOBILENETS, budget, 10, CIFAR)
    assert feasible.listed is None
    rng = np.random.default_rng(0)
    drawn = [feasible.sample(rng) for _ in range(100)]
    assert all(budget.allows(MOBILENETS.costs(arch, 10)) for arch in drawn)
    assert len(set(drawn)) > 5
    again = np.random.default_rng(0)
    assert [feasible.sample(again) for _ in range(10)] == drawn[:10]


def test_samples_use_the_budget_up() -> None:
    feasible = Feasible(MOBILENETS, Constraints(1_000_000), 10, CIFAR)
    rng = np.random.default_rng(0)
    assert np.mean([MOBILENETS.costs(feasible.sample(rng), 10).params for _ in range(50)]) > 800_000


def test_steps_lead_through_all_of_a_thin_region() -> None:
    budget = Constraints(MOBILENETS.costs(MOBILENETS.smallest, 10).params + 2_000)
    feasible = Feasible(MOBILENETS, budget, 10, CIFAR)
    found = [MOBILENETS.smallest]
    while near := feasible.neighbours(found):
        found += near
    assert len(found) == len(set(found)) == 11

    # Nothing is within the budget together that is not within it alone.
    zeros = MOBILENETS.smallest.choices
    alone = (
        [c for c in range(len(options)) if feasible.allows(MOBILENETS.arch([*zeros[:i], c, *zeros[i + 1 :]]))]
        for i, options in enumerate(MOBILENETS.options)
    )
    assert set(found) == {arch for arch in map(MOBILENETS.arch, product(*alone)) if feasible.allows(arch)}


def test_three_cells_of_5044_are_found_whole() -> None:
    budget = Constraints(min_params=372_346, max_params=373_000, max_memory=163_840)
    feasible = Feasible(NASBENCH, budget, 10, CIFAR)
    everything = dict.fromkeys(map(NASBENCH.canonical, NASBENCH.enumerate()))
    costs = {arch: NASBENCH.costs(arch, 10) for arch in everything}
    within = [a for a, c in costs.items() if 372_346 <= c.params <= 373_000 and c.memory <= 163_840]
    assert len(within) == 3
    assert feasible.listed == tuple(within)
    rng = np.random.default_rng(0)
    assert {feasible.sample(rng) for _ in range(50)} == set(within)


def test_a_range_that_no_cell_is_in_names_the_nearest() -> None:
    # 456,346 and 559,386 parameters are neighbours among the cells; 510,000 is nearer to the larger one by ratio.
    sentence = (
        "no architecture of nasbench201 has 510,000 to 511,000 parameters: the nearest costs 559,386 parameters and "
    )
    with pytest.raises(InfeasibleBudget) as caught:
        Feasible(NASBENCH, Constraints(min_params=510_000, max_params=511_000), 10, CIFAR)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value).endswith(" MACs for 10 classes")


def test_a_minimum_that_nothing_reaches_says_what_the_largest_costs() -> None:
    with pytest.raises(InfeasibleBudget) as caught:
        Feasible(NASBENCH, Constraints(min_params=1_531_547), 10, CIFAR)
    assert str(caught.value) == (
        "no architecture of nasbench201 has at least 1,531,547 parameters: "
        "the largest costs 1,531,546 parameters and 220,119,680 MACs for 10 classes"
    )


def test_memory_is_named_where_it_is_limited() -> None:
    with pytest.raises(InfeasibleBudget, match=r"the smallest costs .* MACs and 163,840 bytes of activations for 10"):
        Feasible(NASBENCH, Constraints(max_memory=163_839), 10, CIFAR)


THIN = [
    Constraints(min_params=1_000_000, max_params=1_000_100),
    Constraints(
        min_params=2_000_000, max_params=2_010_000, max_macs=100_000_000, min_memory=1_179_648, max_memory=1_179_648
    ),
    Constraints(min_params=285_000_000),
    Constraints(max_params=1_500_000, min_memory=3_145_728),
]


@pytest.mark.parametrize("budget", THIN, ids=str)
def test_thin_ranges_of_a_space_too_large_to_list_are_found(budget: Constraints) -> None:
    feasible = Feasible(MOBILENETS, budget, 10, CIFAR)
    rng = np.random.default_rng(0)
    drawn = [feasible.sample(rng) for _ in range(8)]
    assert all(budget.allows(MOBILENETS.costs(arch, 10)) for arch in drawn)
    assert len(set(drawn)) > 2
    again = np.random.default_rng(0)
    assert [feasible.sample(again) for _ in range(2)] == drawn[:2]


def test_random_architectures_alone_would_not_have_found_them() -> None:
    rng = np.random.default_rng(0)
    sampled = [MOBILENETS.costs(MOBILENETS.sample(rng), 10) for _ in range(1000)]
    assert not any(budget.allows(costs) for budget in THIN for costs in sampled)


def test_what_was_not_found_is_not_called_impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot.search.repair.BY_FORMULA", Effort(2, 300, 5_000))
    with pytest.raises(InfeasibleBudget) as caught:
        Feasible(MOBILENETS, Constraints(max_params=200_000, min_macs=30_000_000), 10, CIFAR)
    sentence = str(caught.value)
    head = "no architecture of mobilenetv2 was found with at most 200,000 parameters and at least 30,000,000 MACs in "
    assert sentence.startswith(head)
    tries, _, rest = sentence.removeprefix(head).partition(" tries, and the space cannot tell whether there is one; ")
    assert 600 < int(tries.replace(",", "")) < 100_000
    assert rest.startswith("the nearest costs ")


def test_exchanges_lead_on_where_single_steps_do_not() -> None:
    feasible = Feasible(MOBILENETS, Constraints(min_params=1_000_000, max_params=1_000_100), 10, CIFAR)
    arch = feasible.sample(np.random.default_rng(0))
    near = feasible.neighbours([arch])
    assert near
    assert arch not in near
    assert all(map(feasible.fits, near))
    changes = [sum(a != b for a, b in zip(arch.choices, other.choices, strict=True)) for other in near]
    assert set(changes) == {2}


@pytest.mark.parametrize(
    ("space", "budget", "expected"),
    [
        (RESNETS, Constraints(max_params=400_000), "f8abd16c7fc195d9"),
        (MOBILENETS, Constraints(max_params=1_000_000, max_macs=30_000_000, min_params=600_000), "85ba09af55a7dec7"),
    ],
)
def test_a_seed_gives_the_draws_that_it_always_gave(space: SearchSpace, budget: Constraints, expected: str) -> None:
    feasible, rng = Feasible(space, budget, 10, CIFAR), np.random.default_rng(1)
    drawn = [feasible.sample(rng).choices for _ in range(12)]
    assert hashlib.sha256(json.dumps(drawn).encode()).hexdigest()[:16] == expected
