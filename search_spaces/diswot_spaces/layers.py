"""Where a network gets its layers from; free of torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import nn


class LayerFactory(Protocol):
    """Makes the layers of a network, or hands out layers that other networks have at the same place.

    Two networks whose layers at one path are made by the same call may share that layer: a builder names every layer
    that has weights by the path it will have in the network.
    """

    def __call__(self, path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
        """The layer at `path`: what `make(*args)` gives."""


def fresh(path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:  # noqa: ARG001
    """A new layer for each network."""
    return make(*args)
