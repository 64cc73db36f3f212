"""Random search: what every other algorithm has to beat."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from diswot.search.feasible import Feasible
from diswot.search.unseen import sample_unseen
from diswot.seeds import stream
from diswot_spaces import Architecture


class RandomSearch:
    """Draws architectures within the budget, none of them twice.

    Args:
        feasible: the space and its budget.
        seed: of every draw.
    """

    name = "random"
    bred: Collection[Architecture] = ()

    def __init__(self, feasible: Feasible, seed: int) -> None:
        self.feasible = feasible
        self.known: dict[Architecture, None] = {}
        self.rng = stream(seed, self.name)

    def ask(self, count: int) -> list[Architecture]:
        """Up to `count` new architectures; fewer, or none, when there are no more."""
        proposals: list[Architecture] = []
        while len(proposals) < count and (arch := sample_unseen(self.feasible, self.known, self.rng)) is not None:
            self.known[arch] = None
            proposals.append(arch)
        return proposals

    def tell(self, results: Iterable[tuple[Architecture, float | None]]) -> None:
        """Nothing is learnt from scores."""

    def state(self) -> dict[str, Any]:
        """Everything that the next proposals depend on, as JSON values."""
        return {"known": [list(arch.choices) for arch in self.known], "rng": self.rng.bit_generator.state}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        self.known = dict.fromkeys(self.feasible.space.arch(choices) for choices in state["known"])
        self.rng.bit_generator.state = state["rng"]
