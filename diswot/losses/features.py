"""Losses between pooled features, and between maps at several scales."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LEVELS = (4, 2, 1)


def hierarchical_context(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of two maps `(N, C, H, W)`, and of them pooled to 4, 2 and 1 pixels a side.

    The pooled ones weigh 1/2, 1/4, 1/8, in the order of those that are smaller than the map; the sum is divided by the
    sum of the weights.

    Source: Chen et al., "Distilling Knowledge via Knowledge Review", CVPR 2021, as in the authors' code.
    """
    total, weights, weight = F.mse_loss(student, teacher), 1.0, 1.0
    for level in LEVELS:
        if level < student.shape[2]:
            weight /= 2
            a, b = (F.adaptive_avg_pool2d(x, (level, level)) for x in (student, teacher))
            total, weights = total + weight * F.mse_loss(a, b), weights + weight
    return total / weights


def direction_and_norm(student: Tensor, teacher: Tensor, centers: Tensor, labels: Tensor) -> Tensor:
    """`mean_i [1 - f_i . e_y / max(|f_i|, |t_i|)]`, with the unit vector e_y of the teacher's mean of class y.

    Source: Wang et al., "Improving Knowledge Distillation via Regularizing Feature Norm and Direction", 2023

    Args:
        student: `(N, F)` features.
        teacher: `(N, F)` features.
        centers: `(K, F)` mean features of the teacher by class.
        labels: `(N,)`.
    """
    unit = F.normalize(centers, dim=1)[labels]
    norm = torch.maximum(student.norm(dim=1), teacher.norm(dim=1)).clamp_min(1e-12)
    return (1 - (student * unit).sum(1) / norm).mean()


def neighbor_correlation(student: Tensor, teacher: Tensor) -> Tensor:
    """`mean_i sum_d |s_i - t_i|_d |s_{i+1} - t_{i+1}|_d` over images that follow one another in the batch.

    Source: after Peng et al., "Correlation Congruence for Knowledge Distillation", ICCV 2019, as RepDistiller computes
    it; the paper's own form is `congruence`.

    Args:
        student: `(N, D)` embeddings.
        teacher: `(N, D)` embeddings.
    """
    delta = (student - teacher).abs()
    return (delta[:-1] * delta[1:]).sum(1).mean()


def contrast(scores: Tensor, images: int) -> Tensor:
    """`-mean_i [ln(x_0 / (x_0 + c)) + sum_k ln(c / (x_k + c))]` with `c = m / n`.

    Source: Tian et al., "Contrastive Representation Distillation", ICLR 2020, as in the authors' code.

    Args:
        scores: `(N, m + 1)` positive; the first column is of the image itself, the others of m negatives.
        images: n, number of the training set.
    """
    count = (scores.shape[1] - 1) / images
    own, rest = scores[:, 0], scores[:, 1:]
    positive = (own / (own + count + 1e-7)).log()
    negative = (count / (rest + count + 1e-7)).log().sum(1)
    return -(positive + negative).mean()
