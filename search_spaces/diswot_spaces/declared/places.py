"""Places of a family: what stands there, as a constant or by what the decisions take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

ABSENT = object()
"""What stands at a layer that an architecture does not have."""


class Place(Protocol):
    """Something in a family that has a value in each architecture."""

    @property
    def scope(self) -> tuple[int, ...]:
        """Decisions on which the value depends."""

    def value(self, choices: Sequence[int]) -> Any:
        """The value in an architecture, by the choices of all decisions."""


@dataclass(frozen=True)
class Fixed:
    """The same value in each architecture."""

    constant: Any
    scope: tuple[int, ...] = ()

    def value(self, choices: Sequence[int]) -> Any:  # noqa: ARG002
        """The constant."""
        return self.constant


@dataclass(frozen=True)
class Chosen:
    """What one decision takes.

    Attributes:
        decision: its number.
        values: by its options.
    """

    decision: int
    values: tuple[Any, ...]

    @property
    def scope(self) -> tuple[int, ...]:
        """The one decision."""
        return (self.decision,)

    def value(self, choices: Sequence[int]) -> Any:
        """The value of the option taken."""
        return self.values[choices[self.decision]]


@dataclass(frozen=True)
class Layers:
    """What the layers of a stage have, as far as they are there: their variants, or one setting of them.

    Attributes:
        layers: each of them.
    """

    layers: tuple[Chosen, ...]

    @property
    def scope(self) -> tuple[int, ...]:
        """The decision of each layer."""
        return tuple(layer.decision for layer in self.layers)

    def value(self, choices: Sequence[int]) -> list[Any]:
        """The values of the layers up to the last that is there; `None` for one that is missing before it."""
        values = [layer.value(choices) for layer in self.layers]
        there = max((i + 1 for i, value in enumerate(values) if value is not ABSENT), default=0)
        return [None if value is ABSENT else value for value in values[:there]]


@dataclass(frozen=True)
class Count:
    """How many layers of a stage are there."""

    layers: Layers

    @property
    def scope(self) -> tuple[int, ...]:
        """The decision of each layer."""
        return self.layers.scope

    def value(self, choices: Sequence[int]) -> int:
        """Their number."""
        return len(self.layers.value(choices))
