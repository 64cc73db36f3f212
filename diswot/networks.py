"""Networks with random weights that depend on nothing but a seed and the names of the parameters."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from diswot.seeds import derive_seed


def build_random(build: Callable[[], nn.Module], seed: int, device: torch.device | str = "cpu") -> nn.Module:
    """Build a network of convolutions, linear layers and batch norms, and draw its weights.

    The module is laid out without memory first: no weight is drawn twice, the global generator is never used.

    Args:
        build: makes the module.
        seed: of the weights.
        device: where the module shall live.

    Returns:
        The module, in evaluation mode, without gradients.
    """
    with torch.device("meta"):
        module = build()
    module = module.to_empty(device=device)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    initialise(module, seed)
    return module.eval().requires_grad_(False)


@torch.no_grad()
def initialise(module: nn.Module, seed: int) -> None:
    """Draw the weights of `module` in place: normal with variance 2 / fan-in, scales one, biases zero.

    Each parameter has a stream of its own, seeded by its name: networks that share a layer by name and shape share its
    weights, which takes noise out of their comparison.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10.
    """
    generator = torch.Generator()
    for name, parameter in module.named_parameters():
        if parameter.ndim > 1:
            generator.manual_seed(derive_seed(seed, name))
            std = math.sqrt(2.0 / parameter[0].numel())
            parameter.copy_(_normal(parameter.shape, std, generator))
        else:
            parameter.fill_(1.0 if name.endswith("weight") else 0.0)


def _normal(shape: torch.Size, std: float, generator: torch.Generator) -> Tensor:
    return torch.empty(shape).normal_(0.0, std, generator=generator)
