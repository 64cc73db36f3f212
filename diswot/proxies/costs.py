"""What a candidate costs, as a score: the baselines that any proxy has to beat."""

from __future__ import annotations

import math

from diswot.proxies.base import Evidence


def params(evidence: Evidence) -> float:
    """Natural logarithm of the parameters."""
    return math.log(evidence.costs.params)


def macs(evidence: Evidence) -> float:
    """Natural logarithm of the multiply-accumulates for one image."""
    return math.log(evidence.costs.macs)


def depth(evidence: Evidence) -> float:
    """Number of convolutions and linear layers."""
    return float(evidence.costs.depth)
