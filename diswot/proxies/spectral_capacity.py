"""What a network can hold: a size that counts only the directions which its random features really fill."""

from __future__ import annotations

import math

from diswot.proxies.base import ProxyInput


def spectral_capacity(inputs: ProxyInput) -> float:
    """Logarithm of the effective size, `ln sum_a exp(2 H_a) sqrt(p_a)` over the nonlinearities a.

    `H_a` is the spectral entropy of the channels that enter a, so `exp(H_a)` is how many of them the signal fills, and
    `p_a` the positions of its map. A convolution between c channels at p positions costs in proportion to `c^2 p`:
    this is a count of multiply-accumulates in which idle channels do not count and resolution counts less.

    Measured on white noise, which excites every direction alike; docs/research/score.md says how it was found.
    """
    noise = inputs.on_noise
    pairs = zip(noise.entropies, noise.observation.activations, strict=True)
    return math.log(sum(math.exp(2 * entropy) * math.sqrt(a.positions) for entropy, a in pairs))
