"""Costs of any network, counted on the network itself; spaces have formulas for their own."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from search_spaces import Costs, Shape


def measure_costs(module: nn.Module, in_shape: Shape) -> Costs:
    """Parameters, multiply-accumulates for one image, and trainable layers of `module`.

    MACs are those of convolutions, linear layers and attention products; the pass runs without memory or arithmetic.

    Args:
        module: a network of images `(N, *in_shape)`; it is left untouched.
        in_shape: channels, height, width.
    """
    shadow = copy.deepcopy(module).to("meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        shadow(torch.zeros(1, *in_shape, device="meta"))
    layers = (nn.modules.conv._ConvNd, nn.Linear)
    depth = sum(isinstance(layer, layers) for layer in module.modules())
    return Costs(sum(p.numel() for p in module.parameters()), counter.get_total_flops() // 2, depth)
