"""What a network can hold, where more channels help less and less; docs/research/score.md says how it was found."""

from __future__ import annotations

import math

from diswot.proxies.base import ProxyInput

ENOUGH = 80.0
"""Filled channels beyond which more of them hardly help."""

RESOLUTION = 1 / 3
"""Exponent of a map's positions."""


def saturating_capacity(inputs: ProxyInput) -> float:
    """Logarithm of the effective size, `ln sum_a p_a^(1/3) / (1/n_a^2 + 1/80^2)` over the nonlinearities a.

    `n_a = exp(H_a)` channels are filled by the signal that enters a, by the spectral entropy `H_a` of their covariance
    on white noise, and `p_a` are the positions of its map. Width is one bottleneck of a layer and what the task can
    use is another: squares of widths add up like resistances in parallel. Where layers are narrow this is
    `spectral-capacity`, a count of multiply-accumulates; where all are wide it is a count of layers, those on
    large maps counting more.
    """
    from diswot.observation.kernels import spectral_entropies

    seen = inputs.on_noise.observation
    entropies = spectral_entropies(seen.channel_covariances)
    pairs = zip(entropies, seen.activations, strict=True)
    return math.log(sum(a.positions**RESOLUTION / (math.exp(-2 * entropy) + ENOUGH**-2) for entropy, a in pairs))
