"""Networks with random weights that depend on nothing but a seed and the names of the parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from diswot.seeds import derive_seed

SHARED_BYTES = 128 * 2**20
"""Weights that networks share before they are let go."""


def build_random(
    build: Callable[[], nn.Module], seed: int, device: torch.device | str = "cpu", path: str = ""
) -> nn.Module:
    """Build a network of convolutions, linear layers and batch norms, and draw its weights.

    The module is laid out without memory first: no weight is drawn twice, the global generator is never used.

    Args:
        build: makes the module.
        seed: of the weights.
        device: where the module shall live.
        path: of the module in the network that it is a layer of.

    Returns:
        The module, in evaluation mode, without gradients.
    """
    with torch.device("meta"):
        module = build()
    # Not `to_empty`, which takes as long as a small network's own passes: it lays out each tensor in Python.
    empty = {name: torch.empty(t.shape, dtype=t.dtype, device=device) for name, t in module.state_dict().items()}
    module.load_state_dict(empty, assign=True)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    initialise(module, seed, path)
    return module.eval().requires_grad_(False)


@torch.no_grad()
def initialise(module: nn.Module, seed: int, path: str = "") -> None:
    """Draw the weights of `module` in place: normal with variance 2 / fan-in, scales one, biases zero.

    Each parameter has a stream of its own, seeded by its name: networks that share a layer by name and shape share its
    weights, which takes noise out of their comparison.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10.
    """
    generator = torch.Generator()
    for name, parameter in module.named_parameters(path):
        if parameter.ndim > 1:
            generator.manual_seed(derive_seed(seed, name))
            std = math.sqrt(2.0 / parameter[0].numel())
            parameter.copy_(_normal(parameter.shape, std, generator))
        else:
            parameter.fill_(1.0 if name.endswith("weight") else 0.0)


def _normal(shape: torch.Size, std: float, generator: torch.Generator) -> Tensor:
    return torch.empty(shape).normal_(0.0, std, generator=generator)


class SharedLayers:
    """Layers that the random networks of one seed have in common, each drawn once: `search_spaces.layers.Layers`.

    A weight depends on the seed and on its name alone, so a network of shared layers is the network that `build_random`
    would give. Nobody may write to it.

    Args:
        seed: of the weights.
        device: where the layers shall live.
        dtype: of the weights.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self._seed, self._device, self._dtype = seed, device, dtype
        self._made: dict[tuple[Any, ...], nn.Module] = {}
        self._bytes = 0

    def __call__(self, path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
        """The layer at `path`; when the weights become too many, all are let go and drawn again at need."""
        key = (path, make, *args)
        if key not in self._made:
            if self._bytes > SHARED_BYTES:
                self._made, self._bytes = {}, 0
            layer = build_random(partial(make, *args), self._seed, self._device, path)
            layer = layer.to(dtype=self._dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
            self._made[key] = layer
            self._bytes += sum(weight.nbytes for weight in layer.parameters())
        return self._made[key]


@lru_cache(maxsize=4)
def shared_layers(seed: int, device: torch.device, dtype: torch.dtype) -> SharedLayers:
    """The shared layers of a seed in this process."""
    return SharedLayers(seed, device, dtype)
