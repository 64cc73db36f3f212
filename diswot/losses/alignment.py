"""Alignment of kernels over one batch of images."""

from __future__ import annotations

import torch
from torch import Tensor


def centred(kernel: Tensor) -> Tensor:
    """`H K H` with `H = I - 11^T / N`, for `(..., N, N)`."""
    return kernel - kernel.mean(-1, keepdim=True) - kernel.mean(-2, keepdim=True) + kernel.mean((-1, -2), keepdim=True)


def alignment(a: Tensor, b: Tensor) -> Tensor:
    """Centred kernel alignment of every kernel of one stack with every kernel of another.

    `<HKH, HLH>_F / (|HKH|_F |HLH|_F)`; 0 where a kernel is constant.
    Source: Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019, equation 4.

    Args:
        a: `(P, N, N)`.
        b: `(Q, N, N)`.

    Returns:
        `(P, Q)` between -1 and 1.
    """
    flat = [torch.nn.functional.normalize(centred(kernels.double()).flatten(1), dim=1) for kernels in (a, b)]
    aligned: Tensor = flat[0] @ flat[1].T
    return aligned


def kernel_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """One minus the linear centred kernel alignment of two sets of features; 1 where either is constant.

    Source: Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019.

    Args:
        student: `(N, ...)`.
        teacher: `(N, ...)`.
    """

    def gram(features: Tensor) -> Tensor:
        flat = features.flatten(1)
        flat = flat - flat.mean(0)  # Here already: the Gram of features far from zero loses how they differ.
        return (flat @ flat.T)[None]

    return 1 - alignment(gram(student), gram(teacher)).squeeze()
