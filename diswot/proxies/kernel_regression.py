"""How well one kernel over the probe images predicts another, as mathematics on tensors."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

PERMUTATIONS = 12
"""Random halvings of the images; each half is held out once."""
RIDGE = 0.01
"""Ridge, relative to the mean diagonal of the centred kernel."""


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


def principal_targets(kernel: Tensor, count: int) -> Tensor:
    """The leading directions of a centred kernel, each weighted by its share: functions of the images to be predicted.

    Args:
        kernel: `(N, N)`.
        count: how many.

    Returns:
        `(N, count)`: eigenvectors by descending eigenvalue, times `sqrt(N eigenvalue / sum of them)`.
    """
    values, vectors = torch.linalg.eigh(centred(kernel.double()))
    values, vectors = values.flip(0)[:count].clamp_min(0.0), vectors.flip(1)[:, :count]
    total = values.sum().clamp_min(torch.finfo(values.dtype).tiny)
    weighted: Tensor = vectors * (len(kernel) * values / total).sqrt()
    return weighted


def held_out_r2(kernel: Tensor, targets: Tensor) -> float:
    """Share of the targets' variance that kernel ridge regression predicts on images that it was not fitted on.

    Fixed random halvings, each half held out once; kernel and targets are centred on the fitted half.

    Args:
        kernel: `(N, N)`; its scale and a constant added to it do not matter.
        targets: `(N, Q)`.

    Returns:
        At most 1; 0 or less where the mean of the fitted half does as well.
    """
    kernel, targets = kernel.double(), targets.double()
    fit, test = _halves(len(kernel))
    among, across = kernel[fit[:, :, None], fit[:, None, :]], kernel[test[:, :, None], fit[:, None, :]]
    mean = among.mean(1, keepdim=True)
    across = across - mean - across.mean(2, keepdim=True) + mean.mean(2, keepdim=True)
    among = centred(among)
    diagonal = among.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-12)
    among = among + RIDGE * diagonal[:, None, None] * torch.eye(among.shape[1], dtype=among.dtype, device=among.device)
    base = targets[fit].mean(1, keepdim=True)
    wanted = targets[test] - base
    predicted = across @ torch.linalg.solve(among, targets[fit] - base)
    variance = float(wanted.square().sum())
    return 1.0 - float((wanted - predicted).square().sum()) / variance if variance > 0 else 0.0


@cache
def _halves(count: int) -> tuple[Tensor, Tensor]:
    """Fitted and held-out images, two `(2 PERMUTATIONS, count // 2)`, the same in every process."""
    rng = np.random.default_rng(0)
    half = count // 2
    orders = np.stack([rng.permutation(count)[: 2 * half] for _ in range(PERMUTATIONS)])
    first, second = orders[:, :half], orders[:, half:]
    both = np.concatenate([first, second]), np.concatenate([second, first])
    return torch.from_numpy(both[0]), torch.from_numpy(both[1])
