"""What the parts of a family cost: looked up where it is known, for searches ask for thousands a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from diswot_spaces.blocks.tape import Features, Tape
from diswot_spaces.declared.family import Family
from diswot_spaces.declared.places import Fixed
from diswot_spaces.declared.stages import Part

KEPT = 20_000
"""Costs of a block at one place that are kept before all are let go."""
Figures = tuple[int, int, int, int]
"""Parameters, multiply-accumulates, depth and memory, as in `Costs`."""


class PartCosts:
    """What a part costs, by its decisions and by what enters it; that of its first block and of each other is kept."""

    def __init__(self, part: Part) -> None:
        self._depth = part.depth
        self._is_deep = part.depth != Fixed(1)
        self._members = [(member, _picker(member.scope)) for member in part.members]
        self._is_layered = part.layers is not None
        self._kept: list[dict[Any, tuple[Figures, Features]]] = [{} for _ in part.members]

    def __call__(self, choices: Sequence[int], x: Features) -> tuple[Figures, Features]:
        """Its figures, and what leaves it."""
        if self._is_layered:
            return self._layered(choices, x)
        figures, x = self._block(0, choices, x)
        if self._is_deep and (more := self._depth.value(choices) - 1):
            params, macs, depth, memory = figures
            (p, a, d, m), x = self._block(1, choices, x)
            figures = params + more * p, macs + more * a, depth + more * d, m if m > memory else memory
        return figures, x

    def _layered(self, choices: Sequence[int], x: Features) -> tuple[Figures, Features]:
        params = macs = depth = memory = 0
        for i in range(self._depth.value(choices)):
            (p, a, d, m), x = self._block(i, choices, x)
            params, macs, depth, memory = params + p, macs + a, depth + d, max(memory, m)
        return (params, macs, depth, memory), x

    def _block(self, i: int, choices: Sequence[int], x: Features) -> tuple[Figures, Features]:
        member, pick = self._members[i]
        key = x, pick(choices)
        found = self._kept[i].get(key)
        if found is None:
            block = member.block(choices)
            assert block is not None, "only layers that are there are asked for"
            costs, after = block.costs(x)
            found = (costs.params, costs.macs, costs.depth, costs.memory), after
            _keep(self._kept[i], key, found)
        return found


def _picker(scope: Sequence[int]) -> Callable[[Sequence[int]], Any]:
    return itemgetter(*scope) if scope else lambda _: ()


class HeadCosts:
    """What stands behind the stages costs, by its decisions and by what enters it; kept."""

    def __init__(self, family: Family) -> None:
        self._head, self._pick = family.head, _picker(family.head_scope)
        self._kept: dict[Any, Figures] = {}

    def __call__(self, choices: Sequence[int], x: Features, num_classes: int) -> Figures:
        """Its figures."""
        key = x, num_classes, self._pick(choices)
        found = self._kept.get(key)
        if found is None:
            tape = Tape(x)
            costs = tape.costs(self._head(choices).trace(tape, tape.source, num_classes))
            found = costs.params, costs.macs, costs.depth, costs.memory
            _keep(self._kept, key, found)
        return found


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= KEPT:
        kept.clear()
    kept[key] = value
