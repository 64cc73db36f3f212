"""What holds for every search algorithm, as tests to subclass."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np

from diswot.search.algorithms import ALGORITHMS, Algorithm, AlgorithmFactory, AlgorithmSettings
from diswot.search.feasible import Feasible
from diswot.spec.constraints import Constraints
from diswot.testing.toy import ToySpace
from diswot_spaces import CIFAR, Architecture, SearchSpace, get_space

CLASSES = 10
BATCH = 20


class AlgorithmConformance:
    """Tests of an algorithm that pytest runs where a subclass, whose name begins with `Test`, says which.

    Attributes:
        algorithm: its name, its import path, or what makes it.
        problems: spaces, and budgets that it is tried under.
        population: of its settings.
        asked: proposals that properties are tried on, at most.
        told: numbers of proposals after which its state is stored.
    """

    algorithm: str | AlgorithmFactory
    problems: Sequence[tuple[SearchSpace, Constraints]] = (
        (ToySpace(), Constraints()),
        (get_space("cifar-resnet"), Constraints(max_params=400_000)),
    )
    population: int = 10
    asked: int = 60
    told: Sequence[int] = (0, 10, 25)

    def test_proposals_are_new_canonical_and_within_the_budget(self) -> None:
        """None is made twice; those that were bred are among them."""
        for where in self._regions():
            algorithm = self._made(where)
            found = _run(algorithm, self.asked)
            assert len(set(found)) == len(found), "something was proposed twice"
            for arch in found:
                assert where.space.canonical(arch) == arch, f"{arch} is not in its canonical form"
                assert where.space.is_valid(arch), f"{arch} is not valid"
                assert where.fits(arch), f"{arch} is not within the budget"
            assert set(algorithm.bred) <= set(found), "something is said to be bred that was not proposed"

    def test_equal_seeds_give_equal_proposals(self) -> None:
        """Nothing but the seed and what was told plays a part."""
        for where in self._regions():
            one, same = (_run(self._made(where, seed=3), self.asked) for _ in range(2))
            assert one == same, "one seed gave two runs"

    def test_it_goes_on_from_its_state(self) -> None:
        """The state is JSON, and all that there is to remember."""
        for where in self._regions():
            for told in self.told:
                going, restored = self._made(where), self._made(where)
                _run(going, told)
                text = json.dumps(going.state(), allow_nan=False)
                _run(restored, BATCH)
                restored.restore(json.loads(text))
                assert json.dumps(restored.state()) == text, "a restored state is another"
                assert _run(restored, self.asked) == _run(going, self.asked), f"it went on otherwise after {told}"
                assert restored.state() == going.state()
                assert list(restored.bred) == list(going.bred)

    def test_it_ends_when_nothing_is_left(self) -> None:
        """Where every network fails, too."""
        for where in self._regions():
            if where.listed is not None and len(where.listed) <= self.asked:
                algorithm = self._made(where)
                found = []
                while proposals := algorithm.ask(BATCH):
                    assert len(proposals) <= BATCH, "more was proposed than was asked for"
                    found += proposals
                    assert len(found) <= len(where.listed), "more was proposed than there is"
                    algorithm.tell((arch, None) for arch in proposals)
                assert algorithm.ask(1) == []

    def _regions(self) -> Iterator[Feasible]:
        return (Feasible(space, constraints, CLASSES, CIFAR) for space, constraints in self.problems)

    def _made(self, where: Feasible, seed: int = 0) -> Algorithm:
        settings = AlgorithmSettings(seed, self.population, 1, lambda arch: float(where.costs(arch).macs))
        return ALGORITHMS.find(self.algorithm)(where, settings)


def _score(arch: Architecture) -> float | None:
    """A landscape with failures in it."""
    return None if arch.choices[0] == 2 else float(np.sin([*arch.choices, 1.0]).sum())


def _run(algorithm: Algorithm, count: int) -> list[Architecture]:
    """The next proposals, each batch told before the next is asked; fewer when there are no more."""
    found: list[Architecture] = []
    while len(found) < count and (proposals := algorithm.ask(min(BATCH, count - len(found)))):
        algorithm.tell((arch, _score(arch)) for arch in proposals)
        found += proposals
    return found
