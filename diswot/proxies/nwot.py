"""NWOT: how differently the images switch the units on."""

from __future__ import annotations

import torch

from diswot.proxies.base import Evidence


def nwot(evidence: Evidence) -> float:
    """Log-determinant of the activation-pattern kernel, summed over all nonlinearities.

    `log |det(K + 1e-6 I)|`, a sum of logarithms that stays finite where two images switch the same units.

    Source: Mellor et al., "Neural Architecture Search without Training", ICML 2021, equation 2.
    """
    kernel = evidence.student.kernels(1)[0].double()
    return float(
        torch.linalg.slogdet(kernel + 1e-6 * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device)).logabsdet
    )
