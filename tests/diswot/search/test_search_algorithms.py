"""What holds for every algorithm, tried on each; and what each one is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from diswot.errors import InputError
from diswot.search.algorithms import ALGORITHMS, Algorithm, AlgorithmSettings
from diswot.search.exhaustive import Exhaustive
from diswot.search.feasible import Feasible
from diswot.search.nsga2 import NSGA2
from diswot.search.pareto import Point, hypervolume, pareto_front
from diswot.search.random_search import RandomSearch
from diswot.search.search import Search
from diswot.spec.constraints import Constraints
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.testing import AlgorithmConformance
from diswot_spaces import CIFAR, Architecture, get_space

BUDGETS = {
    "nasbench201": Constraints(300_000),
    "cifar-resnet": Constraints(400_000),
    "mobilenetv2": Constraints(1_000_000, 30_000_000, min_params=600_000),
}
LISTED = {"nasbench201", "cifar-resnet"}
CASES = [(name, space) for name in ALGORITHMS for space in BUDGETS if name != Exhaustive.name or space in LISTED]


@cache
def feasible(space: str, budget: Constraints) -> Feasible:
    return Feasible(get_space(space), budget, 10, CIFAR)


def algorithm(
    name: str, space: str, *, seed: int = 0, budget: Constraints | None = None, population: int = 20
) -> Algorithm:
    where = feasible(space, budget or BUDGETS[space])
    settings = AlgorithmSettings(seed, population, 1, lambda arch: float(where.costs(arch).macs))
    return ALGORITHMS[name](where, settings)


def score(arch: Architecture) -> float | None:
    """A landscape with failures in it."""
    value = float(np.sin([*arch.choices, 1.0]).sum())
    return None if arch.choices[0] == 2 else value


def run(searching: Algorithm, count: int, batch: int = 20) -> list[Architecture]:
    asked: list[Architecture] = []
    while len(asked) < count and (proposals := searching.ask(min(batch, count - len(asked)))):
        searching.tell((arch, score(arch)) for arch in proposals)
        asked += proposals
    return asked


def test_the_table_has_each_algorithm_under_its_own_name() -> None:
    assert list(ALGORITHMS) == ["aging-evolution", "nsga2", "random", "exhaustive"]
    assert [algorithm(name, "cifar-resnet").name for name in ALGORITHMS] == list(ALGORITHMS)


class TestEach(AlgorithmConformance):
    population = 20
    asked = 150
    told = (0, 10, 25, 70)

    @pytest.fixture(autouse=True, params=CASES, ids="-".join)
    def case(self, request: pytest.FixtureRequest) -> None:
        self.algorithm, space = request.param
        self.problems = ((get_space(space), BUDGETS[space]),)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_all_are_proposed_that_were_asked_for(name: str) -> None:
    assert len(run(algorithm(name, "nasbench201"), 150)) == 150
    where = feasible("cifar-resnet", BUDGETS["cifar-resnet"])
    assert set(run(algorithm(name, "cifar-resnet"), 150)) == set(where.listed or ())


@pytest.mark.parametrize(("name", "space"), CASES)
def test_another_seed_gives_other_proposals(name: str, space: str) -> None:
    one, other = (run(algorithm(name, space, seed=seed), 60) for seed in (3, 4))
    assert one != other


@pytest.mark.parametrize("population", [1, 2, 20])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_thin_region_is_used_up_whole_and_then_nothing_is_proposed(name: str, population: int) -> None:
    searching = algorithm(name, "cifar-resnet", budget=Constraints(96_730), population=population)
    assert {get_space("cifar-resnet").encode(arch) for arch in run(searching, 100, 2)} == {"1-1-1", "3-1-1", "5-1-1"}
    assert searching.ask(3) == []


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_fails_always_is_searched_on_all_the_same(name: str) -> None:
    searching = algorithm(name, "cifar-resnet", budget=Constraints())
    while proposals := searching.ask(5):
        searching.tell((arch, None) for arch in proposals)
    assert searching.ask(1) == []


def test_exhaustive_search_meets_every_canonical_architecture_once() -> None:
    asked = run(algorithm(Exhaustive.name, "nasbench201", budget=Constraints()), 10**6, 500)
    assert len(asked) == len(set(asked)) == 5_044


def test_exhaustive_search_refuses_a_space_that_cannot_be_listed() -> None:
    sentence = r"^algorithm 'exhaustive' lists spaces of at most 100,000 architectures; mobilenetv2 has [\d,]+$"
    with pytest.raises(InputError, match=sentence):
        SearchSpec(TeacherSpec("resnet20"), "mobilenetv2", algorithm="exhaustive")
    with pytest.raises(InputError, match=sentence):
        Exhaustive(feasible("mobilenetv2", Constraints()), 0)


def test_random_search_is_uniform() -> None:
    space = get_space("cifar-resnet")
    counts = dict.fromkeys(space.enumerate(), 0)
    for seed in range(160):
        for arch in RandomSearch(feasible("cifar-resnet", Constraints()), seed).ask(8):
            counts[arch] += 1
    np.testing.assert_allclose(list(counts.values()), 20, atol=17)


def benefit(arch: Architecture) -> float:
    """A score that rises with the cost, and depends on how it is spent."""
    return float(np.sum(np.sqrt(arch.choices)) - 0.2 * np.sum(np.diff(arch.choices) ** 2))


def front_of(searching: Algorithm, where: Feasible, count: int) -> list[Point]:
    found: list[Architecture] = []
    while len(found) < count:
        asked = searching.ask(20)
        searching.tell((arch, benefit(arch)) for arch in asked)
        found += asked
    points = [Point(where.costs(arch).macs, benefit(arch)) for arch in found]
    return [points[i] for i in pareto_front(points)]


def test_nsga2_dominates_more_than_random_search() -> None:
    where = feasible("mobilenetv2", Constraints())
    reference = Point(where.costs(where.space.largest).macs, -50.0)

    def volumes(name: str) -> list[float]:
        runs = (algorithm(name, "mobilenetv2", seed=seed, budget=Constraints(), population=40) for seed in range(4))
        return [hypervolume(front_of(one, where, 300), reference) for one in runs]

    assert np.mean(volumes(NSGA2.name)) > 1.05 * np.mean(volumes(RandomSearch.name))


def test_nsga2_keeps_the_best_fronts() -> None:
    where = feasible("cifar-resnet", Constraints())
    searching = NSGA2(where, 0, 8, lambda arch: float(where.costs(arch).macs))
    asked = searching.ask(8)
    searching.tell((arch, float(i)) for i, arch in enumerate(asked))
    points = [Point(where.costs(arch).macs, float(i)) for i, arch in enumerate(asked)]
    assert {m.arch for m in searching.members if m.rank == 0} == {asked[i] for i in pareto_front(points)}
    born = searching.ask(8)
    searching.tell((arch, 100.0) for arch in born)
    best = min(born, key=lambda arch: where.costs(arch).macs)
    assert len(searching.members) == 8
    assert best in {m.arch for m in searching.members if m.rank == 0}


def test_what_has_no_cost_never_becomes_a_member() -> None:
    searching = NSGA2(feasible("cifar-resnet", Constraints()), 0, 8, lambda _: None)
    searching.tell((arch, 1.0) for arch in searching.ask(5))
    assert searching.members == []
    assert len(searching.ask(20)) == 20


def test_only_who_holds_tournaments_is_asked_for_their_size() -> None:
    assert SearchSpec(TeacherSpec("resnet20"), algorithm="nsga2", population=5).population == 5
    with pytest.raises(InputError, match=r"^tournament must not exceed the population of 5, not 6$"):
        SearchSpec(TeacherSpec("resnet20"), population=5, tournament=6)


def test_a_tournament_is_half_of_the_population_unless_asked_for() -> None:
    assert [SearchSpec(TeacherSpec("resnet20"), population=size).tournament for size in (1, 5, 50)] == [1, 2, 25]
    assert SearchSpec(TeacherSpec("resnet20"), population=5, tournament=5).tournament == 5


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"algorithm": "magic"}, "unknown algorithm 'magic'; valid: aging-evolution, nsga2, random, exhaustive"),
        ({"pareto_cost": "depth"}, "unknown pareto cost 'depth'; valid: params, macs, memory, latency"),
        ({"max_seconds": 0.0}, "max_seconds must be more than 0, not 0.0"),
        ({"max_seconds": float("nan")}, "max_seconds must be more than 0, not nan"),
        ({"patience": 0}, "patience must be at least 1, not 0"),
        ({"relaxation": -0.1}, "relaxation must be at least 0, not -0.1"),
        ({"relaxation": 20.0}, "relaxation must be at most 1, not 20.0"),
    ],
)
def test_a_wrong_setting_is_one_sentence(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(SearchSpec(TeacherSpec("resnet20")), **change)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


class TestOfAnother(AlgorithmConformance):
    algorithm = f"{__name__}:Backwards"


class Backwards:
    """Proposes what is listed, last first; for tests."""

    name = "backwards"
    bred = ()

    def __init__(self, feasible: Feasible, settings: AlgorithmSettings) -> None:
        assert settings.population in (10, 20)
        self.order = (feasible.listed or ())[::-1]
        self.asked = 0

    def ask(self, count: int) -> list[Architecture]:
        proposals = self.order[self.asked : self.asked + count]
        self.asked += len(proposals)
        return list(proposals)

    def tell(self, results: Iterable[tuple[Architecture, float | None]]) -> None: ...

    def state(self) -> dict[str, Any]:
        return {"asked": self.asked}

    def restore(self, state: dict[str, Any]) -> None:
        self.asked = state["asked"]


def test_an_algorithm_is_named_by_its_import_path() -> None:
    path = f"{__name__}:Backwards"
    spec = SearchSpec(TeacherSpec("resnet20"), "cifar-resnet", algorithm=path, population=20)
    algorithm = Search(spec).algorithm
    assert isinstance(algorithm, Backwards)
    assert list(map(get_space("cifar-resnet").encode, algorithm.ask(2))) == ["7-7-7", "7-7-5"]


class Silent(Backwards):
    """Does not say what it bred; for tests."""

    bred = property()


def test_an_algorithm_that_lacks_something_is_refused_before_the_search() -> None:
    path = f"{__name__}:Silent"
    with pytest.raises(InputError, match=rf"^algorithm '{path}' lacks some of name, bred, ask, tell, state and rest"):
        Search(SearchSpec(TeacherSpec("resnet20"), "cifar-resnet", algorithm=path, population=20))


def test_what_is_no_algorithm_is_refused() -> None:
    with pytest.raises(InputError, match=r"^algorithm 'math:pi' cannot be had: an algorithm is a class or a function"):
        SearchSpec(TeacherSpec("resnet20"), "cifar-resnet", algorithm="math:pi")
