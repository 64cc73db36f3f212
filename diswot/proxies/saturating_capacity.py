"""What a network can hold, where more channels help less and less; docs/research/score.md says how it was found."""

from __future__ import annotations

import math

from diswot.proxies.base import ProxyInput

ENOUGH = 80.0
"""Filled channels beyond which more of them hardly help."""

RESOLUTION = 1 / 3
"""Exponent of a map's positions."""


def saturating_capacity(inputs: ProxyInput, enough: float = ENOUGH, resolution: float = RESOLUTION) -> float:
    """Logarithm of the effective size, `ln sum_a p_a^(1/3) / (1/n_a^2 + 1/80^2)` over the nonlinearities a.

    `n_a = exp(H_a)` channels are filled by the signal that enters a, by the spectral entropy `H_a` of their covariance
    on white noise, and `p_a` are the positions of its map. Width is one bottleneck of a layer and what the task can
    use is another: squares of widths add up like resistances in parallel. Where layers are narrow this is a count of
    weights in which idle channels do not count; where all are wide it is a count of layers, those on large maps
    counting more.

    Args:
        inputs: of one candidate.
        enough: filled channels beyond which more of them hardly help; infinite for a size that never saturates.
        resolution: exponent of a map's positions.

    Source: `exp(H)` is the effective rank of Roy and Vetterli, "The effective rank", EUSIPCO 2007.
    """
    noise = inputs.on_noise
    pairs = zip(noise.entropies, noise.observation.activations, strict=True)
    return math.log(sum(a.positions**resolution / (math.exp(-2 * entropy) + enough**-2) for entropy, a in pairs))
