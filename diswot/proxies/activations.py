"""Proxies that read what the units of each layer do on the probe batch; the forward pass has folded it in."""

from __future__ import annotations

import torch

from diswot.observation.kernels import distinct_rows
from diswot.proxies.base import ProxyInput


def nwot(inputs: ProxyInput) -> float:
    """Log-determinant of the activation-pattern kernel, summed over all nonlinearities.

    `log |det(K + 1e-6 I)|`, a sum of logarithms that stays finite where two images switch the same units.

    Source: Mellor et al., "Neural Architecture Search without Training", ICML 2021, equation 2.
    """
    kernel = inputs.student.kernels(1)[0].double()
    return float(
        torch.linalg.slogdet(kernel + 1e-6 * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device)).logabsdet
    )


def swap(inputs: ProxyInput) -> float:
    """Number of distinct ways in which the units switch over the images.

    Source: Peng et al., "SWAP-NAS: Sample-Wise Activation Patterns for Ultra-fast NAS", ICLR 2024;
    without the regularisation, whose parameters set a model size.
    """
    patterns = [a.patterns for a in inputs.student.activations if a.patterns is not None]
    return float(len(distinct_rows(torch.cat(patterns)))) if patterns else 0.0


def meco(inputs: ProxyInput) -> float:
    """Smallest eigenvalue of the correlations between channels of the first image, summed over the convolutions.

    Source: Jiang et al., "MeCo: Zero-Shot NAS with One Data and Single Forward Pass via Minimum Eigenvalue of
    Correlation", NeurIPS 2023. The authors' code hooks every module and so counts a map once for each
    container around it; here a layer counts once. Norms behind a convolution do not change its correlations.
    """
    return sum(inputs.student.correlations)
