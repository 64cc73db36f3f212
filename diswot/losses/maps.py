"""Losses between feature maps of one stage."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def same_size(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two maps `(N, C, H, W)` at the smaller height and width of both, by adaptive average pooling."""
    size = (min(a.shape[2], b.shape[2]), min(a.shape[3], b.shape[3]))
    return F.adaptive_avg_pool2d(a, size), F.adaptive_avg_pool2d(b, size)


def hint(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of two maps `(N, C, H, W)` of one width, at the smaller size.

    Source: Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015, without its regressor.

    Raises:
        ValueError: the widths differ.
    """
    if student.shape[1] != teacher.shape[1]:
        raise ValueError(f"maps of {student.shape[1]} and of {teacher.shape[1]} channels cannot be compared one by one")
    return F.mse_loss(*same_size(student, teacher))


def attention(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of the attention maps, the unit-length images of `mean_c F_c^2`.

    Source: Zagoruyko and Komodakis, "Paying More Attention to Attention", ICLR 2017, with p = 2, squared and
    averaged over positions as in the authors' code.

    Args:
        student: `(N, C, H, W)`.
        teacher: `(N, C', H', W')`; the larger map is pooled to the smaller.
    """
    a, b = (F.normalize(x.square().mean(1).flatten(1), dim=1) for x in same_size(student, teacher))
    return F.mse_loss(a, b)


def selectivity(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared maximum mean discrepancy between the channels of two maps, polynomial kernel of degree 2.

    `mean k(t, t') + mean k(s, s') - 2 mean k(s, t)` for `k(a, b) = (a . b)^2` over unit-length channels of one image.

    Source: Huang and Wang, "Like What You Like: Knowledge Distill via Neuron Selectivity Transfer", 2017.

    Args:
        student: `(N, C, H, W)`.
        teacher: `(N, C', H', W')`; the larger map is pooled to the smaller.
    """
    a, b = (F.normalize(x.flatten(2), dim=2) for x in same_size(student, teacher))
    return _mean_kernel(b, b) + _mean_kernel(a, a) - 2 * _mean_kernel(a, b)


def _mean_kernel(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b.transpose(1, 2)).square().mean()


def channel_correlation(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared difference of the row-normalised channel Grams of two maps of one width, over N C.

    Source: Liu et al., "Exploring Inter-Channel Correlation for Diversity-preserved Knowledge Distillation", ICCV 2021,
    without its embedding of the student.

    Args:
        student: `(N, C, H, W)`.
        teacher: `(N, C, H', W')`.

    Raises:
        ValueError: the widths differ.
    """
    if student.shape[1] != teacher.shape[1]:
        raise ValueError(f"maps of {student.shape[1]} and of {teacher.shape[1]} channels cannot be compared one by one")
    flat = (x.flatten(2) for x in (student, teacher))
    a, b = (F.normalize(x @ x.transpose(1, 2), dim=2) for x in flat)
    return (a - b).square().sum() / (a.shape[0] * a.shape[1])
