"""Jacobian covariance: how differently the images pull at the output."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.proxies.base import ProxyInput


def jacob_cov(inputs: ProxyInput) -> float:
    """Spread of the spectrum of correlations between the images' input gradients of the summed logits.

    Source: the score of Mellor et al., "Neural Architecture Search without Training", first version, 2020, in the form
    of Abdelfattah et al., ICLR 2021.
    """
    passed = inputs.trace
    (jacobian,) = torch.autograd.grad(passed.logits.sum(), passed.images, retain_graph=True, materialize_grads=True)
    return correlation_score(jacobian.flatten(1))


def correlation_score(rows: Tensor, k: float = 1e-5) -> float:
    """`-sum_i [ln(v_i + k) + 1 / (v_i + k)]` over the eigenvalues v of the rows' correlation matrix.

    Constant rows, which a network that ignores its images has, count as wholly correlated.

    Args:
        rows: `(N, D)`.
        k: keeps the terms finite.

    Returns:
        At most -N, for uncorrelated rows.
    """
    rows = rows.double()
    unit = F.normalize(rows - rows.mean(1, keepdim=True), dim=1)
    correlation = unit @ unit.T if unit.any(1).all() else unit.new_ones(len(unit), len(unit))
    spectrum = torch.linalg.eigvalsh(correlation).clamp_min(0.0) + k
    return -float((spectrum.log() + 1 / spectrum).sum())
