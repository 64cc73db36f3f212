"""Ways into the part of a space within a budget, and around in it: walks that look at costs alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from diswot.spec.constraints import Constraints
from diswot_spaces import Architecture, Costs, SearchSpace

if TYPE_CHECKING:
    import numpy as np

MEMORY = 20
"""Moves whose distance a later one may return to."""
WANDER = 60
"""Moves tried from an architecture that is known to be within a budget."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look for an architecture within a budget.

    Attributes:
        walks: from random architectures, that look for a first one before none is said to be found.
        moves: of each walk.
        pairs: changes of two decisions that are looked at around an architecture.
    """

    walks: int
    moves: int
    pairs: int


BY_FORMULA = Effort(24, 300, 5_000)
BY_BUILDING = Effort(4, 10, 200)
"""Where costs are counted on built networks, which takes some ten milliseconds for each."""


class ConstraintRepair(ABC):
    """Leads architectures of a space into a budget.

    Args:
        space: of the architectures.
        budget: its ranges of costs; latency is not looked at.
        costs: of an architecture.

    Attributes:
        effort: how long to look.
        tries: architectures whose costs were looked at so far.
    """

    def __init__(self, space: SearchSpace, budget: Constraints, costs: Callable[[Architecture], Costs]) -> None:
        self.space, self.budget, self._costs = space, budget, costs
        self.effort = BY_FORMULA if space.has_formulas else BY_BUILDING
        self.tries = 0

    def repair(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` after a walk towards the budget; ends within it or after the last move, then anywhere.

        First it is adjusted. Then a move changes it at random; it is kept if that is nearer than now, or than it was 20
        moves ago.

        Source: Burke and Bykov, "The late acceptance hill-climbing heuristic", EJOR 2017: there is no scale to tune.
        """
        arch = self.adjust(arch, rng)
        far = self.distance(arch)
        late = deque([far] * MEMORY, maxlen=MEMORY)
        for _ in range(self.effort.moves):
            if far == 0:
                break
            trial, distance = self.move(arch, rng)
            if distance <= max(far, late[0]):
                arch, far = trial, distance
            late.append(far)
        return arch

    def random_walk(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """An architecture within the budget some moves away from `arch`, which is; `arch` itself if none is found."""
        for _ in range(WANDER):
            trial, distance = self.move(arch, rng)
            if distance == 0:
                arch = trial
        return arch

    def feasible_neighbours(self, archs: Collection[Architecture]) -> list[Architecture]:
        """Other canonical architectures within the budget around some of these; none where none is found."""
        return self._single(archs) or self._paired(archs)

    def distance(self, arch: Architecture) -> float:
        """How far the costs of `arch` are from the budget; 0 within it."""
        return self.budget.distance(self.costs(arch))

    def costs(self, arch: Architecture) -> Costs:
        """What `arch` costs."""
        self.tries += 1
        return self._costs(arch)

    @abstractmethod
    def adjust(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` as near to the budget as the shortest way leads."""

    @abstractmethod
    def move(self, arch: Architecture, rng: np.random.Generator) -> tuple[Architecture, float]:
        """A random change of `arch` that keeps its costs near the budget, and its distance from it."""

    @abstractmethod
    def walk(
        self, arch: Architecture, rng: np.random.Generator, *, up: bool, until: Callable[[Architecture], bool]
    ) -> Architecture:
        """`arch` after random steps to higher costs, or to lower ones, until something holds."""

    @abstractmethod
    def _single(self, archs: Collection[Architecture]) -> list[Architecture]:
        """Canonical architectures within the budget that one decision tells from one of these."""

    @abstractmethod
    def _pairs(self, arch: Architecture) -> Iterator[Architecture]:
        """Architectures within the budget that two decisions tell from `arch`."""

    def _paired(self, archs: Collection[Architecture]) -> list[Architecture]:
        """What two decisions tell from the first of these that has such neighbours."""
        new = (self._new(self._pairs(arch), archs) for arch in archs)
        return next(filter(None, new), [])

    def _new(self, found: Iterable[Architecture], known: Collection[Architecture]) -> list[Architecture]:
        """The canonical forms within the budget that are not known, each once."""
        forms = dict.fromkeys(map(self.space.canonical, found))
        return [arch for arch in forms if arch not in known and self.budget.allows(self.costs(arch))]


class UnorderedRepair(ConstraintRepair):
    """For spaces whose options have no order: any valid change of one decision is tried."""

    OPTIONS = 8
    """Options of a decision that are tried in a move, at most."""

    def adjust(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` with decisions changed in random order, each to a random option that is nearer to the budget."""
        far, before = self.distance(arch), float("inf")
        while 0 < far < before:
            before = far
            for i in rng.permutation(len(arch.choices)).tolist():
                trials = ((trial, self.distance(trial)) for trial in self._options(arch, i, rng))
                nearer = (pair for pair in trials if pair[1] < far)
                arch, far = next(nearer, (arch, far)) if far > 0 else (arch, far)
        return arch

    def move(self, arch: Architecture, rng: np.random.Generator) -> tuple[Architecture, float]:
        """A mutation, to which two random decisions answer, each by the option that is nearest of some."""
        trial = self.space.mutate(arch, rng)
        distance = self.distance(trial)
        for i in rng.choice(len(arch.choices), min(2, len(arch.choices)), replace=False).tolist():
            if distance > 0:
                answers = [(answer, self.distance(answer)) for answer in self._options(trial, i, rng)[: self.OPTIONS]]
                trial, distance = min([(trial, distance), *answers], key=lambda pair: pair[1])
        return trial, distance

    def walk(
        self,
        arch: Architecture,
        rng: np.random.Generator,  # noqa: ARG002
        *,
        up: bool,  # noqa: ARG002
        until: Callable[[Architecture], bool],  # noqa: ARG002
    ) -> Architecture:
        """`arch` itself: no step is known to lead up or down."""
        return arch

    def _single(self, archs: Collection[Architecture]) -> list[Architecture]:
        new = (self._new(self.space.neighbours(arch), archs) for arch in archs)
        return next(filter(None, new), [])

    def _pairs(self, arch: Architecture) -> Iterator[Architecture]:
        near = (pair for one in self.space.neighbours(arch) for pair in self.space.neighbours(one))
        return (pair for pair in islice(near, self.effort.pairs) if self.budget.allows(self.costs(pair)))

    def _options(self, arch: Architecture, i: int, rng: np.random.Generator) -> list[Architecture]:
        """The valid architectures that decision `i` alone tells from `arch`, in random order."""
        others = (arch.changed(i, choice) for choice in rng.permutation(len(self.space.options[i])).tolist())
        return [other for other in others if other != arch and self.space.is_valid(other)]
