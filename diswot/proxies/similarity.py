"""The two similarities of DisWOT, as mathematics on tensors.

Dong, Li and Wei, "DisWOT: Student Architecture Search for Distillation WithOut Training", CVPR 2023, sections 3.2 and
3.3. The paper minimises distances; here their negatives are taken, so that higher is better.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def row_normalised_gram(features: Tensor) -> Tensor:
    """Gram matrix of the rows with each of its rows scaled to unit length.

    Args:
        features: `(N, ...)`, flattened to `(N, D)`.

    Returns:
        `(N, N)`.
    """
    flat = features.flatten(1).float()
    return F.normalize(flat @ flat.T, dim=1)


def gram_similarity(a: Tensor, b: Tensor) -> float:
    """Minus the mean squared difference of the row-normalised Grams of two feature matrices of any widths.

    `-|G_a - G_b|_F^2 / N^2` with `G = norm_row(F F^T)`: the sample relation of the paper on last feature maps
    (equation 5; the form of Tung and Mori, "Similarity-Preserving Knowledge Distillation", ICCV 2019).

    Args:
        a: `(N, ...)`.
        b: `(N, ...)`, of the same N.

    Raises:
        ValueError: the two have different numbers of rows.

    Example:
        >>> gram_similarity(torch.eye(2), torch.ones(2, 1))  # rows (1, 0), (0, 1) against (.707, .707) twice
        -0.2928932309150696
    """
    if len(a) != len(b):
        raise ValueError(f"relations between {len(a)} and between {len(b)} rows cannot be compared")
    difference = row_normalised_gram(a) - row_normalised_gram(b)
    return -float(difference.square().sum()) / difference.numel()


def channel_similarity(a: Tensor, b: Tensor) -> float:
    """Minus the inter-channel distance of class-wise gradients, for networks of one width.

    For each class k the outer product of its gradient row with itself, rows scaled to unit length; the squared
    difference is summed over channel pairs, divided by the width and averaged over classes (paper equation 3; the form
    of Liu et al., "Exploring Inter-Channel Correlation for Diversity-preserved Knowledge Distillation", ICCV 2021). A
    row of such an outer product is `sign(g_kc) g_k / |g_k|`, which gives the closed form used here: `mean_k [2 - 2
    mean_c(sign(g_kc) sign(h_kc)) cos(g_k, h_k)]`, O(KF) instead of O(KF^2).

    Args:
        a: `(K, F)` gradients with respect to the classifier's weight.
        b: `(K, F)` likewise.

    Raises:
        ValueError: the two differ in shape: nothing is ever folded.

    Example:
        >>> channel_similarity(torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, -3.0]]))  # half the signs agree, cos = 0
        -2.0
    """
    if a.shape != b.shape:
        raise ValueError(f"channels of gradients {tuple(a.shape)} and {tuple(b.shape)} cannot be compared one by one")
    signs = (a.sign() * b.sign()).mean(1)
    cosine = F.cosine_similarity(a, b, dim=1)
    return -float((2.0 - 2.0 * signs * cosine).mean())
