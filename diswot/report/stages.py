"""The stages of a network: runs of alike blocks whose maps have one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import torch
from torch import Tensor, nn

from diswot.report.diagram import Stage
from diswot.runtime.threads import one_thread
from diswot_spaces import Shape

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""What is looked into at the top of a network."""

SILENT = (nn.Identity, nn.Flatten, nn.Dropout)
"""What no diagram shows."""


def find_stages(build: Callable[[], nn.Module], in_shape: Shape) -> list[Stage]:
    """The stages of the network that `build` makes, in order of execution, as one image passes through it.

    The image is a real one: without memory (device `meta`) torch would import symbolic algebra first, which takes
    longer than the pass. The global generator is left as it was.

    Args:
        build: makes the network.
        in_shape: channels, height, width of an image.
    """
    with torch.random.fork_rng(devices=[]):
        network = build().eval()
    images = torch.zeros(1, *in_shape)
    seen: list[Stage] = []

    def note(block: nn.Module, _: object, out: object) -> None:
        shape = tuple(out.shape[1:]) if isinstance(out, Tensor) else ()
        params = sum(one.numel() for one in block.parameters() if one.requires_grad)
        seen.append(Stage(block=_kind(block), count=1, out_shape=shape, params=params))

    for block in _blocks(network):
        block.register_forward_hook(note)
    with torch.no_grad(), one_thread():
        network(images)
    runs = (list(run) for _, run in groupby(seen, lambda one: (one.block, one.out_shape)))
    return [run[0].model_copy(update={"count": len(run), "params": sum(one.params for one in run)}) for run in runs]


def _blocks(network: nn.Module) -> Iterator[nn.Module]:
    """The parts of a network that are shown: its children, and theirs where these are lists of classes of their own."""
    for child in network.children():
        if isinstance(child, CONTAINERS) and any(
            not type(one).__module__.startswith("torch.") for one in child.modules()
        ):
            yield from _blocks(child)
        elif not isinstance(child, SILENT):
            yield child


def _kind(block: nn.Module) -> str:
    """The class of a block; a plain list of layers goes by the first of them that has weights."""
    if not isinstance(block, CONTAINERS):
        return type(block).__name__
    weighted = (type(one).__name__ for one in block.modules() if one._parameters)
    return next(weighted, type(block).__name__)
