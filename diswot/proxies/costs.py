"""What a candidate costs, as a score: the baselines that any proxy has to beat."""

from __future__ import annotations

import math

from diswot.proxies.base import ProxyInput


def params(inputs: ProxyInput) -> float:
    """Natural logarithm of the parameters."""
    return math.log(inputs.costs.params)


def macs(inputs: ProxyInput) -> float:
    """Natural logarithm of the multiply-accumulates for one image."""
    return math.log(inputs.costs.macs)


def depth(inputs: ProxyInput) -> float:
    """Number of convolutions and linear layers."""
    return float(inputs.costs.depth)
