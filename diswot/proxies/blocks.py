"""The building blocks of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn


def building_blocks(module: nn.Module) -> list[nn.Module]:
    """The blocks that a network is a chain of, in order of definition: stem, cells, residual blocks.

    Containers of blocks are opened, from the network's own children down; a block is a module of a class of its own, or
    the layers around a convolution. Single layers without a convolution, heads and closing norms are none.
    """
    blocks: list[nn.Module] = []
    for child in module.children():
        layers = list(child.children())
        if isinstance(child, nn.Sequential | nn.ModuleList) and any(list(layer.children()) for layer in layers):
            blocks.extend(building_blocks(child))
        elif any(isinstance(layer, nn.Conv2d) for layer in (child, *layers)) or (
            layers and not isinstance(child, nn.Sequential)
        ):
            blocks.append(child)
    return blocks


@contextmanager
def watch_blocks(module: nn.Module, see: Callable[[Tensor], object]) -> Iterator[None]:
    """Call `see` with each map `(N, C, H, W)` that leaves a building block inside the block."""

    def hook(_: nn.Module, __: object, out: object) -> None:
        if isinstance(out, Tensor) and out.ndim == 4:
            see(out)

    handles = [block.register_forward_hook(hook) for block in building_blocks(module)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
