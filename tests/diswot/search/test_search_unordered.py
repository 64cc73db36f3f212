"""Spaces whose options are in any order, or not free to be combined: right answers about budgets, never false ones."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pytest
from torch import nn

from diswot.errors import InfeasibleBudget, InputError
from diswot.search.algorithms import ALGORITHMS, Algorithm, AlgorithmSettings
from diswot.search.exhaustive import Exhaustive
from diswot.search.feasible import Feasible, check_bounds
from diswot.spec.constraints import Constraints
from diswot_spaces import CIFAR, Architecture, Bounds, Costs, SearchSpace, Shape
from diswot_spaces.layers import LayerFactory, fresh

PARAMS = {"mb_k5_e6": 900, "mb_k3_e3": 500, "identity": 0}
STEM = 100


class Blocks(SearchSpace):
    """So many blocks whose dearest option comes first."""

    name = "blocks"

    def __init__(self, count: int) -> None:
        self.options = (tuple(PARAMS),) * count

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        params = STEM + sum(PARAMS[block] for block in self.values(arch))
        return Costs(params, 10 * params, 1, 1)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        raise AssertionError("nothing is built where costs are formulas")


class Stages(Blocks):
    """Pairs of stride and width in any order; not the first stage and at most two others halve the resolution."""

    name = "stages"
    blocks = ((2, 32), (1, 8), (1, 32), (2, 8), (1, 16), (2, 16))

    def __init__(self, count: int) -> None:
        self.options = (self.blocks,) * count

    def is_valid(self, arch: Architecture) -> bool:
        strides = [stride for stride, _ in self.values(arch)]
        return strides[0] == 1 and strides.count(2) <= 2

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        params = sum(stride * width for stride, width in self.values(arch))
        return Costs(params, 10 * params, 1, 1)


class Bounded(Blocks):
    """Blocks that know what they cost at least, roughly."""

    name = "bounded"

    def bounds(self, num_classes: int, in_shape: Shape = CIFAR) -> Bounds:
        return Bounds(Costs(STEM - 50, 0, 0, 0), Costs(10_000, 100_000, 1, 1), exact=False)


SMALL, LARGE = Blocks(3), Blocks(12)
ONLY_IDENTITY = Constraints(max_params=STEM + 499)
FOUR, TWELVE = Stages(4), Stages(12)


def feasible(space: SearchSpace, budget: Constraints) -> Feasible:
    return Feasible(space, budget, 10, CIFAR)


def algorithm(name: str, where: Feasible, population: int = 10) -> Algorithm:
    settings = AlgorithmSettings(0, population, min(3, population), lambda arch: float(where.costs(arch).macs))
    return ALGORITHMS[name](where, settings)


def run(searching: Algorithm, count: int) -> list[Architecture]:
    asked: list[Architecture] = []
    while len(asked) < count and (proposals := searching.ask(min(10, count - len(asked)))):
        searching.tell((arch, float(np.sin([*arch.choices, 1.0]).sum())) for arch in proposals)
        asked += proposals
    return asked


def names(space: SearchSpace, archs: Iterable[Architecture]) -> set[str]:
    return set(map(space.encode, archs))


@pytest.mark.parametrize("space", [SMALL, LARGE], ids=["listed", "sampled"])
def test_a_budget_that_only_the_last_option_meets_is_met(space: Blocks) -> None:
    where = feasible(space, ONLY_IDENTITY)
    last = space.arch([2] * len(space.options))
    rng = np.random.default_rng(0)
    assert {where.sample(rng) for _ in range(5)} == {last}
    check_bounds(space, ONLY_IDENTITY, 10, CIFAR)


@pytest.mark.parametrize("name", ALGORITHMS.builtin)
def test_every_algorithm_uses_a_tiny_region_up(name: str) -> None:
    space = SMALL if name == Exhaustive.name else LARGE
    searching = algorithm(name, feasible(space, Constraints(max_params=STEM + 500)))
    assert len(run(searching, 100)) == 1 + len(space.options)
    assert searching.ask(3) == []


@pytest.mark.parametrize(
    "budget",
    [
        Constraints(max_params=STEM + 3 * 500),
        Constraints(min_params=STEM + 12 * 900),
        Constraints(min_params=STEM + 9 * 900 + 3 * 500, max_params=STEM + 9 * 900 + 3 * 500),
        Constraints(max_params=STEM + 5_000, min_macs=10 * (STEM + 5_000)),
    ],
    ids=str,
)
def test_thin_ranges_are_found_where_options_have_no_order(budget: Constraints) -> None:
    where = feasible(LARGE, budget)
    rng = np.random.default_rng(0)
    drawn = [where.sample(rng) for _ in range(20)]
    assert all(budget.allows(where.costs(arch)) for arch in drawn)
    again = np.random.default_rng(0)
    assert [where.sample(again) for _ in range(5)] == drawn[:5]


def test_what_a_listed_space_lacks_is_said_exactly() -> None:
    sentence = (
        "no architecture of blocks has 101 to 599 parameters: "
        "the nearest costs 600 parameters and 6,000 MACs for 10 classes"
    )
    with pytest.raises(InfeasibleBudget, match=f"^{re.escape(sentence)}$"):
        feasible(SMALL, Constraints(min_params=101, max_params=599))


def test_what_was_not_found_elsewhere_is_not_called_impossible() -> None:
    # There is none, which only those know who see through the formula.
    with pytest.raises(InfeasibleBudget) as caught:
        feasible(LARGE, Constraints(min_params=101, max_params=599))
    sentence = str(caught.value)
    head = "no architecture of blocks was found with 101 to 599 parameters in "
    assert sentence.startswith(head)
    tries, _, rest = sentence.removeprefix(head).partition(" tries, and ")
    assert int(tries.replace(",", "")) > 1_000
    assert rest == (
        "the space cannot tell whether there is one; the nearest costs 600 parameters and 6,000 MACs for 10 classes"
    )


@pytest.mark.parametrize(
    ("budget", "far"),
    [
        (Constraints(max_params=49), "at most 49 parameters: each costs at least 50 parameters and 0 MACs"),
        (
            Constraints(min_params=10_001),
            "at least 10,001 parameters: each costs at most 10,000 parameters and 100,000 MACs",
        ),
    ],
)
def test_bounds_rule_a_budget_out_without_a_search(budget: Constraints, far: str) -> None:
    with pytest.raises(InfeasibleBudget, match=f"^no architecture of bounded has {far} for 10 classes$"):
        feasible(Bounded(12), budget)


def test_within_rough_bounds_the_search_decides() -> None:
    with pytest.raises(InfeasibleBudget, match=r"^no architecture of bounded was found with at most 99 parameters in "):
        feasible(Bounded(12), Constraints(max_params=99))
    assert feasible(Bounded(12), Constraints(max_params=100)).sample(np.random.default_rng(0)).choices == (2,) * 12


def test_only_valid_combinations_are_counted() -> None:
    everything = set(FOUR.enumerate())
    assert all(map(FOUR.is_valid, everything))
    # The first has three options, and of the 6 x 6 x 6 of the others 3 x 3 x 3 halve three times.
    assert len(everything) == FOUR.size == 3 * (216 - 27)
    assert FOUR.combinations == 6**4
    assert TWELVE.size is None


@pytest.mark.parametrize("space", [FOUR, TWELVE], ids=["listed", "sampled"])
@pytest.mark.parametrize("name", ALGORITHMS.builtin)
def test_algorithms_propose_valid_combinations_alone(name: str, space: Stages) -> None:
    if space is TWELVE and name == Exhaustive.name:
        return
    budget = Constraints(max_params=100 if space is FOUR else 300)
    where = feasible(space, budget)
    asked = run(algorithm(name, where), 60)
    assert len(set(asked)) == len(asked)
    assert all(space.is_valid(arch) and budget.allows(where.costs(arch)) for arch in asked)
    within = [arch for arch in FOUR.enumerate() if budget.allows(FOUR.costs(arch, 10))]
    assert len(asked) == (min(60, len(within)) if space is FOUR else 60)


def test_an_invalid_combination_is_refused() -> None:
    sentence = "stages does not allow the combination [[2,32],[1,8],[1,8],[1,8]]"
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        FOUR.arch([0, 1, 1, 1])
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        FOUR.decode("[[2,32],[1,8],[1,8],[1,8]]")


def test_exhaustive_search_needs_a_size_that_can_be_counted() -> None:
    sentence = (
        "algorithm 'exhaustive' lists spaces of at most 100,000 architectures; stages has more than can be counted"
    )
    with pytest.raises(InputError, match=f"^{sentence}$"):
        Exhaustive(feasible(TWELVE, Constraints()), 0)


def test_no_end_of_a_space_without_order_is_made_up() -> None:
    sentence = "blocks has no largest architecture that is known: its options are not declared to ascend in cost"
    with pytest.raises(InputError, match=f"^{sentence}$"):
        _ = SMALL.largest
    with pytest.raises(InputError, match=f"^{sentence.replace('largest', 'smallest')}$"):
        _ = SMALL.smallest


class Never(Blocks):
    name = "never"

    def is_valid(self, arch: Architecture) -> bool:
        return False


def test_a_space_of_rare_combinations_must_sample_by_itself() -> None:
    sentence = "of 10,000 random combinations of never none was valid: Never needs a `sample` of its own"
    with pytest.raises(InputError, match=f"^{sentence}$"):
        feasible(Never(20), Constraints())


class Rows(Blocks):
    """Only equal blocks may follow one another: nothing has a neighbour."""

    name = "rows"

    def is_valid(self, arch: Architecture) -> bool:
        return len(set(arch.choices)) == 1

    def sample(self, rng: np.random.Generator) -> Architecture:
        return self.arch([int(rng.integers(3))] * len(self.options))


@pytest.mark.parametrize("name", [name for name in ALGORITHMS.builtin if name != Exhaustive.name])
def test_architectures_without_neighbours_are_found_by_sampling(name: str) -> None:
    space = Rows(20)
    searching = algorithm(name, feasible(space, Constraints()), population=1)
    assert names(space, run(searching, 5)) == {space.encode(space.arch([choice] * 20)) for choice in range(3)}
    assert searching.ask(1) == []
