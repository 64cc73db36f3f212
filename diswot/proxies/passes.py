"""Differentiable passes through a candidate that leave it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from diswot.observation.capture import Capture
from diswot.observation.taps import Taps
from diswot.proxies.blocks import watch_blocks

PRODUCTS: frozenset[Callable[..., Any]] = frozenset({F.conv1d, F.conv2d, F.conv3d, F.linear})


@dataclass(frozen=True)
class Trace:
    """One forward pass with its graph.

    Attributes:
        images: `(N, C, H, W)`, a leaf of the graph.
        weights: of the convolutions and linear layers, leaves of the graph.
        products: `(N, ...)` what each of these layers put out, in order of execution.
        blocks: `(N, C, H, W)` what each building block put out, in order of execution.
        logits: `(N, K)`.
    """

    images: Tensor
    weights: tuple[Tensor, ...]
    products: tuple[Tensor, ...]
    blocks: tuple[Tensor, ...]
    logits: Tensor

    def loss(self, labels: Tensor) -> Tensor:
        """Mean cross-entropy against labels `(N,)`."""
        return F.cross_entropy(self.logits.float(), labels)


@dataclass(frozen=True)
class Gradients:
    """Gradients of the mean cross-entropy on the probe batch.

    Attributes:
        weights: one for each of the trace's weights.
        products: one for each of the trace's products.
    """

    weights: tuple[Tensor, ...]
    products: tuple[Tensor, ...]


def layer_weights(module: nn.Module) -> dict[str, Tensor]:
    """Weights of the convolutions and linear layers, outside any graph, by name in order of definition."""
    return {
        f"{name}.weight".lstrip("."): layer.weight.detach()
        for name, layer in module.named_modules()
        if isinstance(layer, nn.modules.conv._ConvNd | nn.Linear)
    }


@contextmanager
def differentiable(module: nn.Module) -> Iterator[None]:
    """Gradients on, dropout and running statistics off inside the block; modes are as before behind it."""
    modes = {layer: layer.training for layer in module.modules()}
    module.eval()
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        for layer, training in modes.items():
            layer.training = training


def trace(module: nn.Module, images: Tensor) -> Trace:
    """Run images `(N, C, H, W)` through the module, batch norms on the batch's own statistics, and keep the graph."""
    blocks: list[Tensor] = []
    with differentiable(module):
        leaf = images.detach().requires_grad_()
        weights = {name: weight.requires_grad_() for name, weight in layer_weights(module).items()}
        with watch_blocks(module, blocks.append), _Products(len(images)) as taps:
            logits = functional_call(module, weights, (leaf,))
    return Trace(leaf, tuple(weights.values()), tuple(taps.products), tuple(blocks), logits)


def loss_gradients(passed: Trace, labels: Tensor) -> Gradients:
    """Gradients of the cross-entropy in one backward pass; the graph stays."""
    leaves = (*passed.weights, *passed.products)
    found = torch.autograd.grad(passed.loss(labels), leaves, retain_graph=True, materialize_grads=True)
    return Gradients(found[: len(passed.weights)], found[len(passed.weights) :])


class _Products(Taps):
    """Batch norms on batch statistics, and the outputs of convolutions and linear layers."""

    def __init__(self, batch: int) -> None:
        super().__init__(batch, Capture.NOTHING, batch_statistics=True)
        self.products: list[Tensor] = []

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        out = super().operate(func, args, kwargs)
        if func in PRODUCTS:
            self.products.append(out)
        return out
