"""How calmly a network answers to a small change of its input; docs/research/score.md says how it was found."""

from __future__ import annotations

import math

from diswot.proxies.base import ProxyInput

LEAST = 1e-12
"""Of squared features: a spread below it is none; a growth below it, squared, counts as this."""


def input_stability(inputs: ProxyInput) -> float:
    """Minus the logarithm of how many times a small change of an image grows on the way to the pooled features.

    `-1/2 ln (mean |f(x + h d) - f(x)|^2 / (h^2 mean |f(x) - f|^2))` for pooled features f with mean f over the images
    x of white noise, white noise d, and a step h so small that nothing saturates: a finite difference, no backward
    pass. The growth is that of the gradients on the way back, which explode with depth under batch norm unless
    something bounds it.

    Source: the growth, Yang et al., "A Mean Field Theory of Batch Normalization", ICLR 2019; changed twins in one
    batch, Lin et al., "Zen-NAS", ICCV 2021, algorithm 1, which rewards what is held against a network here.
    """
    noise = inputs.on_noise
    features = noise.observation.pooled.double()
    pooled, twins = features[: -noise.twins], features[-noise.twins :]
    change = (twins - pooled[: noise.twins]).square().sum(1).mean() / noise.step**2
    spread = (pooled - pooled.mean(0)).square().sum(1).mean()
    if spread < LEAST:
        return math.log(noise.step)  # As for features that a small change turns into any other.
    return -0.5 * math.log(max(float(change / spread), LEAST))
