"""Losses between class-wise gradients of the classifier."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def channel_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Inter-channel distance of class-wise gradients, for networks of one width.

    For each class k the outer product of its gradient row with itself, rows scaled to unit length; the squared
    difference is summed over channel pairs, divided by the width and averaged over classes. A row of such an outer
    product is `sign(g_kc) g_k / |g_k|`, which gives the closed form used here: `mean_k [2 - 2 mean_c(sign(g_kc)
    sign(h_kc)) cos(g_k, h_k)]`, O(KF) instead of O(KF^2). Entries of exactly zero have no direction to agree in: a
    channel that is never on counts as wholly different, also from another one that is never on.

    Source: Dong, Li and Wei, "DisWOT: Student Architecture Search for Distillation WithOut Training", CVPR 2023,
    equation 3; the form of Liu et al., "Exploring Inter-Channel Correlation for Diversity-preserved Knowledge
    Distillation", ICCV 2021.

    Args:
        student: `(K, F)` gradients with respect to the classifier's weight.
        teacher: `(K, F)` likewise.

    Raises:
        ValueError: the two differ in shape: nothing is ever folded.

    Example:
        >>> import torch
        >>> channel_distance(torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, -3.0]]))  # half the signs agree, cos = 0
        tensor(2.)
    """
    if student.shape != teacher.shape:
        raise ValueError(
            f"channels of gradients {tuple(student.shape)} and {tuple(teacher.shape)} cannot be compared one by one"
        )
    signs = (student.sign() * teacher.sign()).mean(1)
    cosine = F.cosine_similarity(student, teacher, dim=1)
    return (2.0 - 2.0 * signs * cosine).mean()
