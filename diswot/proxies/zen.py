"""Zen-score: how much the features in front of the pooling react to a small change of the input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from diswot.errors import NotAClassifier
from diswot.observation.capture import Capture
from diswot.observation.taps import Taps
from diswot.proxies.base import ProxyInput
from diswot.proxies.passes import differentiable, layer_weights
from diswot.seeds import derive_seed

STEP = 0.01
FLOOR = 1e-12
"""Keeps the logarithm finite for a network that does not react at all."""


def zen(inputs: ProxyInput) -> float:
    """`ln E |f(x) - f(x + 0.01 e)|_1 + sum_l ln sigma_l` for normal noise x and e.

    f are the features in front of the pooling, sigma_l the deviation in front of a norm. Source: Lin et al., "Zen-NAS:
    A Zero-Shot NAS for High-Performance Image Recognition", ICCV 2021, algorithm 1. Weights have to be of variance one:
    the candidate's own are scaled to it. `sigma_l^2` is the mean over the channels of the batch's variance, as in the
    paper; the authors' code reads running statistics, which adds a constant for each norm.
    """
    network = inputs.network
    generator = torch.Generator().manual_seed(derive_seed(0, "zen"))
    shape, like = inputs.probe.images.shape, inputs.probe.images
    x, e = (torch.randn(shape, generator=generator).to(like.device, like.dtype) for _ in range(2))
    with differentiable(network), torch.no_grad():
        weights = {name: w / w.float().square().mean().sqrt().to(w.dtype) for name, w in layer_weights(network).items()}
        taps = []
        for images in (x, x + STEP * e):
            with _Deviations(len(x), Capture.MAPS, batch_statistics=True) as tap:
                functional_call(network, weights, (images,))
            taps.append(tap)
    change = (_features(taps[0]) - _features(taps[1])).flatten(1).abs().sum(1).mean()
    return math.log(float(change) + FLOOR) + math.fsum(taps[0].log_deviations)


def _features(taps: Taps) -> Tensor:
    """`(N, C, H, W)` in front of the pooling, or the last map of a network that does not pool."""
    maps = [m for m in (*taps.maps.values(), taps.pooled_map) if m is not None]
    if not maps:
        raise NotAClassifier("the network computes no feature map of images (N, C, H, W)")
    return maps[-1].float()


class _Deviations(Taps):
    """Notes `ln sqrt(mean variance + eps)` in front of each batch norm."""

    def __init__(self, batch: int, capture: Capture, *, batch_statistics: bool) -> None:
        super().__init__(batch, capture, batch_statistics=batch_statistics)
        self.log_deviations: list[float] = []

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if func is F.batch_norm:
            values = (args[0] if args else kwargs["input"]).float()
            variance = values.transpose(0, 1).flatten(1).var(1, correction=0).mean()
            self.log_deviations.append(0.5 * math.log(float(variance) + FLOOR))
        return super().operate(func, args, kwargs)
