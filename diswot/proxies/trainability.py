"""Whether a network amplifies small changes beyond what training bears; see docs/research/score.md."""

from __future__ import annotations

import math

from diswot.proxies.base import ProxyInput
from diswot.proxies.input_stability import input_stability

TOLERATED = 5.0
"""Growth of a small change that training bears."""


def trainability(inputs: ProxyInput, tolerated: float = TOLERATED) -> float:
    """Minus the growth of a small change beyond what training bears: `-1/2 ln (1 + (g / 5)^2)`.

    g is the growth of `input-stability`. Under batch norm gradients grow with every layer, and a network whose
    shortcuts do not bound them trains badly; but among networks that train well a smaller growth means no more than
    fewer layers. So growth far below the tolerated one costs nothing, and far above it counts as its logarithm.

    Args:
        inputs: of one candidate.
        tolerated: growth that training bears.

    Source: the growth, Yang et al., "A Mean Field Theory of Batch Normalization", ICLR 2019.
    """
    excess = -input_stability(inputs) - math.log(tolerated)
    return -(max(excess, 0.0) + math.log1p(math.exp(-2 * abs(excess))) / 2)
