"""How much a typical layer of a network holds; docs/research/score.md says how it was found."""

from __future__ import annotations

import math
from statistics import fmean

from diswot.proxies.base import ProxyInput


def layer_capacity(inputs: ProxyInput, resolution: float = 1 / 2) -> float:
    """Logarithm of what a typical layer holds: the mean of `H_a + 1/2 ln p_a` over the nonlinearities a.

    `exp(H_a)` channels are filled by the signal that enters a, by the spectral entropy `H_a` of their covariance on
    white noise, and the square root of the `p_a` positions of its map is its side. Layers work one behind the other,
    and what a narrow one loses no later one has: this is a geometric mean, to which depth alone adds nothing.

    Args:
        inputs: of one candidate.
        resolution: exponent of a map's positions.

    Source: `exp(H)` is the effective rank of Roy and Vetterli, "The effective rank", EUSIPCO 2007.

    Raises:
        ValueError: no nonlinearity was seen.
    """
    noise = inputs.on_noise
    pairs = zip(noise.entropies, noise.observation.activations, strict=True)
    return fmean(entropy + resolution * math.log(a.positions) for entropy, a in pairs)
