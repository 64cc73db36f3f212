"""Aging evolution: what it proposes, and what it remembers."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from diswot.errors import InputError
from diswot.search.evolution import AgingEvolution
from diswot.search.feasible import Feasible
from diswot.spec.constraints import Constraints
from diswot_spaces import CIFAR, Architecture, get_space
from diswot_spaces.nasbench201 import NASBench201

BUDGETS = {
    "nasbench201": Constraints(300_000),
    "cifar-resnet": Constraints(400_000),
    "mobilenetv2": Constraints(1_000_000, 30_000_000),
}


@cache
def feasible(space: str, budget: Constraints) -> Feasible:
    return Feasible(get_space(space), budget, 10, CIFAR)


def evolution(
    space: str, budget: Constraints, *, seed: int = 0, population: int = 50, tournament: int = 10
) -> AgingEvolution:
    return AgingEvolution(feasible(space, budget), seed, population, tournament)


def score(arch: Architecture) -> float:
    return float(np.sin([*arch.choices, 1.0]).sum())


def failing(_: Architecture) -> None:
    return None


def evolve(
    algorithm: AgingEvolution, count: int, batch: int = 20, score: Callable[[Architecture], float | None] = score
) -> list[Architecture]:
    """The next proposals, each batch told before the next is asked; fewer when there are no more."""
    asked: list[Architecture] = []
    while len(asked) < count and (proposals := algorithm.ask(min(batch, count - len(asked)))):
        algorithm.tell([(arch, score(arch)) for arch in proposals])
        asked += proposals
    return asked


@pytest.mark.parametrize("space", BUDGETS)
def test_every_proposal_is_canonical_new_and_within_the_budget(space: str) -> None:
    algorithm = evolution(space, BUDGETS[space])
    asked = evolve(algorithm, 300)
    found = algorithm.feasible.space
    assert len(set(asked)) == len(asked)
    assert len(asked) == (300 if found.combinations > 64 else len(algorithm.feasible.listed or ()))
    assert all(found.canonical(arch) == arch for arch in asked)
    assert all(BUDGETS[space].allows(found.costs(arch, 10)) for arch in asked)


def test_the_first_population_is_of_distinct_architectures() -> None:
    first = evolution("nasbench201", Constraints(), population=50).ask(50)
    assert len(set(first)) == 50


@pytest.mark.parametrize("space", BUDGETS)
def test_the_seed_decides_the_proposals(space: str) -> None:
    one, same, other = (evolve(evolution(space, BUDGETS[space], seed=seed), 100) for seed in (3, 3, 4))
    assert one == same
    assert one != other


@pytest.mark.parametrize("told", [0, 20, 60, 140])
@pytest.mark.parametrize("space", BUDGETS)
def test_a_state_that_went_through_json_goes_on_the_same(space: str, told: int) -> None:
    algorithm = evolution(space, BUDGETS[space])
    evolve(algorithm, told)
    text = json.dumps(algorithm.state())
    restored = evolution(space, BUDGETS[space], seed=99)
    evolve(restored, 30)
    restored.restore(json.loads(text))
    assert json.dumps(restored.state()) == text
    assert evolve(restored, 100) == evolve(algorithm, 100)
    assert restored.state() == algorithm.state()


class Parents(NASBench201):
    """NAS-Bench-201 that notes what is mutated."""

    def __init__(self) -> None:
        self.mutated: list[Architecture] = []

    def mutate(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        self.mutated.append(arch)
        return super().mutate(arch, rng)


def parents(tournament: int, children: int, told: int = 8) -> tuple[list[Architecture], list[Architecture]]:
    """A population of eight, best first, and the parents of children that failed and so never joined it."""
    space = Parents()
    algorithm = AgingEvolution(Feasible(space, Constraints(), 10, CIFAR), 0, 8, tournament)
    first = algorithm.ask(told)
    algorithm.tell([(arch, -float(i)) for i, arch in enumerate(first)])
    chosen = []
    for _ in range(children):
        space.mutated.clear()
        algorithm.tell((arch, None) for arch in algorithm.ask(1))
        chosen.append(space.mutated[0])
    return first, chosen


def test_the_best_of_the_tournament_becomes_the_parent() -> None:
    population, chosen = parents(tournament=8, children=20)
    assert set(chosen) == {population[0]}


def test_the_worst_can_only_win_when_nobody_better_was_drawn() -> None:
    population, chosen = parents(tournament=3, children=300)
    counts = [chosen.count(member) for member in population]
    assert sum(counts) == 300
    # The best of 3 out of 8 is member i with (7 - i choose 2) of 56 draws.
    np.testing.assert_allclose(counts, [300 * n / 56 for n in (21, 15, 10, 6, 3, 1, 0, 0)], atol=25)
    assert counts[6:] == [0, 0]


def test_without_a_tournament_anyone_may_become_a_parent() -> None:
    population, chosen = parents(tournament=1, children=100)
    assert set(chosen) == set(population)


def test_the_oldest_leave_however_good_they_are() -> None:
    everyone, chosen = parents(tournament=8, children=10, told=11)
    assert set(chosen) == {everyone[3]}


def test_failures_never_become_parents_and_are_never_asked_again() -> None:
    algorithm = evolution("cifar-resnet", Constraints(), population=4, tournament=2)
    asked = evolve(algorithm, 100, batch=5, score=failing)
    assert len(set(asked)) == len(asked) == 64
    assert not algorithm.population


@pytest.mark.parametrize("population", [1, 2, 50])
def test_a_feasible_region_is_used_up_whole_and_then_nothing_is_proposed(population: int) -> None:
    algorithm = evolution("cifar-resnet", Constraints(max_params=96_730), population=population, tournament=1)
    assert sorted(map(algorithm.feasible.space.encode, evolve(algorithm, 100))) == ["1-1-1", "3-1-1", "5-1-1"]
    assert algorithm.ask(1) == []


def test_a_thin_region_of_a_large_space_is_used_up_whole_too() -> None:
    space = get_space("mobilenetv2")
    algorithm = evolution("mobilenetv2", Constraints(space.costs(space.smallest, 10).params + 2_000))
    assert len(set(evolve(algorithm, 100))) == 11


def test_selection_beats_drawing_at_random() -> None:
    space = get_space("nasbench201")
    target = space.canonical(
        space.decode("|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|")
    )

    def near(arch: Architecture) -> float:
        return -sum(a != b for a, b in zip(arch.choices, target.choices, strict=True))

    def best(population: int) -> float:
        runs = (evolution("nasbench201", Constraints(), seed=seed, population=population) for seed in range(5))
        return float(np.mean([max(map(near, evolve(run, 200, score=near))) for run in runs]))

    assert best(population=50) > best(population=200)


@pytest.mark.parametrize(("population", "tournament"), [(10, 11), (10, 0), (0, 0)])
def test_a_tournament_must_fit_its_population(population: int, tournament: int) -> None:
    sentence = f"^tournament must be between 1 and the population of {population}, not {tournament}$"
    with pytest.raises(InputError, match=sentence):
        evolution("cifar-resnet", Constraints(), population=population, tournament=tournament)
