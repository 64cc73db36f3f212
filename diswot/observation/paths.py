"""How directly the images of a pass reach what is computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary


class ShortestPaths:
    """The fewest weighted layers on any path from the images to each tensor that is alive.

    A weighted layer is an operation that takes a parameter of two or more dimensions: a convolution, a linear layer,
    attention with its projections; scales and shifts of a norm are not. Where paths meet, in a sum as in a product or
    a concatenation, the shorter one counts.

    Args:
        images: where all paths begin.
    """

    def __init__(self, images: Tensor) -> None:
        self._lengths = WeakTensorKeyDictionary({images: 0})

    def follow(self, read: Iterable[Any], written: Any) -> None:
        """Take note of an operation.

        Args:
            read: its arguments.
            written: its result, or `None` where it only writes to its first argument.
        """
        sources = list(_tensors(read))
        lengths = [self._lengths[source] for source in sources if source in self._lengths]
        if not lengths:
            return
        length = min(lengths) + any(isinstance(source, nn.Parameter) and source.ndim > 1 for source in sources)
        for result in _tensors(sources[:1] if written is None else (written,)):
            self._lengths[result] = length

    def to(self, result: Tensor) -> int | None:
        """Weighted layers on the shortest path to `result`; `None` where no path leads to it."""
        try:
            return int(self._lengths[result])
        except KeyError:
            return None


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among these values and in the tuples and lists among them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)
