"""Exhaustive search: every canonical architecture within the budget, once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from diswot.errors import InputError
from diswot.search.feasible import ENUMERABLE, Feasible, listed_up_to
from diswot.seeds import stream
from diswot.spec.constraints import Constraints
from diswot_spaces import Architecture, SearchSpace


def check_listed(space: SearchSpace, budget: Constraints) -> None:
    """Raise `InputError` for a space that is too large to be listed."""
    most = listed_up_to(space, budget)
    if space.size is None or space.size > most:
        has = "more than can be counted" if space.size is None else f"{space.size:,}"
        counted = "" if most == ENUMERABLE else " where costs are limited that are counted on built networks"
        raise InputError(
            f"algorithm 'exhaustive' lists spaces of at most {most:,} architectures{counted}; {space.name} has {has}"
        )


class Exhaustive:
    """Goes through the whole list, in an order shuffled by seed: what an early end leaves is a fair sample.

    Args:
        feasible: a space that is listed, and its budget.
        seed: of the order.

    Raises:
        InputError: the space is too large to be listed.
    """

    name = "exhaustive"
    bred: Collection[Architecture] = ()

    def __init__(self, feasible: Feasible, seed: int) -> None:
        check_listed(feasible.space, feasible.budget)
        assert feasible.listed is not None, "small spaces are listed"
        order = stream(seed, self.name).permutation(len(feasible.listed))
        self.order = tuple(feasible.listed[int(i)] for i in order)
        self.asked = 0

    def ask(self, count: int) -> list[Architecture]:
        """The next `count` architectures; fewer, or none, at the end of the list."""
        proposals = self.order[self.asked : self.asked + count]
        self.asked += len(proposals)
        return list(proposals)

    def tell(self, results: Iterable[tuple[Architecture, float | None]]) -> None:
        """Nothing is learnt from scores."""

    def state(self) -> dict[str, Any]:
        """Everything that the next proposals depend on, as JSON values."""
        return {"asked": self.asked}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        self.asked = state["asked"]
