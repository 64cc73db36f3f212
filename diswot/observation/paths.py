"""How directly the images of a pass reach what is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from weakref import ref

from torch import Tensor, nn

from diswot.observation.watch import Watcher


class ShortestPaths(Watcher):
    """The fewest weighted layers on any path from the images to each tensor that is alive.

    A weighted layer is an operation that takes a parameter of two or more dimensions: a convolution, a linear layer,
    attention with its projections, a code of positions that is added; scales and shifts of a norm are not. Where paths
    meet, in a sum as in a product or a concatenation, the shorter one counts.

    Args:
        images: where all paths begin.
    """

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        # By identity, with a weak reference to tell a tensor from another one that lives where it lived: hashing
        # tensors takes longer than a small operation.
        self._lengths: dict[int, tuple[ref[Tensor], int]] = {}
        self._note(images, 0)

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The operation's own result, with note taken of how far it is from the images."""
        out = func(*args, **kwargs)
        read = list(_tensors((*args, *kwargs.values())))
        lengths = [length for source in read if (length := self.to(source)) is not None]
        if lengths:
            weighted = any(isinstance(source, nn.Parameter) and source.ndim > 1 for source in read)
            written = args[:1] if out is None else (out,)  # Some only write to their first argument.
            for result in _tensors(written):
                self._note(result, min(lengths) + weighted)
        return out

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
