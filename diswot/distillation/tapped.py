"""A classifier that shows its features beside its logits; the network is not edited."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from diswot.distillation.distillers.base import Outputs

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""Modules that only hold others: what is directly in them is a block of the network, not a part of one."""


class TappedNetwork(nn.Module):
    """A network whose pass gives its logits, the input of its classifier, and the last map of each resolution.

    The places are found in one pass over two images, by forward hooks. A map is the output of a block, and of the last
    one of its resolution; what is inside of a block is not looked at.

    Args:
        network: a classifier of images `(N, C, H, W)`.
        example: two images that it takes.
        features: whether more than logits is wanted.
    """

    def __init__(self, network: nn.Module, example: Tensor, *, features: bool) -> None:
        super().__init__()
        self.network = network
        self._seen: dict[str, Tensor] = {}
        self._maps: list[str] = []
        self._head: str | None = None
        self._call: Callable[[Tensor], Tensor] = network
        if features:
            self._find(example)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Let torch compile the passes of the network."""
        self._call = torch.compile(self.network, *args, **kwargs)

    def forward(self, images: Tensor) -> Outputs:
        """What the network shows of images `(N, C, H, W)`."""
        self._seen.clear()
        logits = self._call(images)
        maps = tuple(as_map(self._seen[name]) for name in self._maps)
        head = None if self._head is None else self._seen[f"{self._head}.input"].flatten(1)
        self._seen.clear()
        return Outputs(logits, head, maps)

    def _find(self, example: Tensor) -> None:
        """Find the places of maps and classifier, and watch them from now on."""
        order: list[tuple[str, Tensor]] = []
        heads: list[tuple[str, Tensor]] = []
        hooks = []
        for name, module in self.network.named_modules():
            if name:
                hooks.append(module.register_forward_hook(_noting(name, order)))
            if isinstance(module, nn.Linear | nn.Conv2d):
                hooks.append(module.register_forward_hook(_noting(name, heads)))
        training = self.network.training
        with torch.no_grad():
            logits = self.network.eval()(example)
        self.network.train(training)
        for hook in hooks:
            hook.remove()
        self._maps = _last_of_each_resolution(self.network, order)
        same = [name for name, out in heads if out.numel() == logits.numel() and torch.equal(out.flatten(1), logits)]
        self._head = same[-1] if same else None
        modules = dict(self.network.named_modules())
        for name in self._maps:
            modules[name].register_forward_hook(self._keep(name))
        if self._head is not None:
            modules[self._head].register_forward_pre_hook(self._keep_input(f"{self._head}.input"))

    def _keep(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], out: Tensor) -> None:  # noqa: ARG001
            self._seen[name] = out

        return hook

    def _keep_input(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...]) -> None:  # noqa: ARG001
            self._seen[name] = args[0]

        return hook


def _noting(name: str, into: list[tuple[str, Tensor]]) -> Callable[..., None]:
    def hook(module: nn.Module, args: tuple[Any, ...], out: object) -> None:  # noqa: ARG001
        if isinstance(out, Tensor):
            into.append((name, out))

    return hook


def _last_of_each_resolution(network: nn.Module, order: list[tuple[str, Tensor]]) -> list[str]:
    """Names of the modules that give the maps, from large to small; of blocks where the network has blocks."""
    maps = [(name, as_map(out)) for name, out in order if out.ndim in (3, 4) and len(out) == len(order[0][1])]
    maps = [(name, out) for name, out in maps if out.shape[2:].numel() > 1]
    modules = dict(network.named_modules())
    blocks = [(name, out) for name, out in maps if _is_block(name, modules)]
    last = {tuple(out.shape[2:]): name for name, out in blocks or maps}
    return [last[size] for size in sorted(last, key=lambda size: -math.prod(size))]


def _is_block(name: str, modules: dict[str, nn.Module]) -> bool:
    """Whether all that a module lies in only holds others, below the network itself."""
    parts = name.split(".")
    return all(isinstance(modules[".".join(parts[:i])], CONTAINERS) for i in range(1, len(parts)))


def as_map(out: Tensor) -> Tensor:
    """A feature map as `(N, C, H, W)`; tokens `(N, T, C)` in their square, less a class token, or in a column."""
    if out.ndim == 4:
        return out.permute(0, 3, 1, 2) if out.shape[1] == out.shape[2] != out.shape[3] else out
    tokens, count = out, out.shape[1]
    if math.isqrt(count) ** 2 != count and math.isqrt(count - 1) ** 2 == count - 1:
        tokens, count = out[:, 1:], count - 1
    side = math.isqrt(count)
    shape = (side, side) if side**2 == count else (count, 1)
    return tokens.transpose(1, 2).reshape(len(out), out.shape[2], *shape)
