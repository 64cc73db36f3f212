"""How directly the images of a pass reach what is computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from weakref import ref

from torch import Tensor, nn


class ShortestPaths:
    """The fewest weighted layers on any path from the images to each tensor that is alive.

    A weighted layer is an operation that takes a parameter of two or more dimensions: a convolution, a linear layer,
    attention with its projections, a code of positions that is added; scales and shifts of a norm are not. Where paths
    meet, in a sum as in a product or a concatenation, the shorter one counts.

    Args:
        images: where all paths begin.
    """

    def __init__(self, images: Tensor) -> None:
        # By identity, with a weak reference to tell a tensor from another one that lives where it lived: hashing
        # tensors takes longer than a small operation.
        self._lengths: dict[int, tuple[ref[Tensor], int]] = {}
        self._note(images, 0)

    def follow(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], out: Any) -> None:
        """Take note of how far from the images it is what an operation on these arguments gave."""
        if isinstance(out, int):
            return  # Many only ask for a size.
        shortest: int | None = None
        weighted = False
        for source in _tensors((*args, *kwargs.values())):
            length = self.to(source)
            if length is None:
                weighted = weighted or (source.ndim > 1 and isinstance(source, nn.Parameter))
            elif shortest is None or length < shortest:
                shortest = length
        if shortest is not None:
            written = args[:1] if out is None else (out,)  # Some only write to their first argument.
            for result in _tensors(written):
                self._note(result, shortest + weighted)

    def to(self, result: Tensor) -> int | None:
        """Weighted layers on the shortest path to `result`; `None` where no path leads to it."""
        known, length = self._lengths.get(id(result), (None, None))
        return length if known is not None and known() is result else None

    def _note(self, result: Tensor, length: int) -> None:
        self._lengths[id(result)] = ref(result), length


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among these values and in the tuples and lists among them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)
