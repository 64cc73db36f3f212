"""Losses between the relations that two networks see among the images of one batch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def similarity_preserving(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of the row-normalized Grams of two feature matrices of any widths.

    `|G_s - G_t|_F^2 / N^2` with `G = norm_row(F F^T)`, the quotient in float64.

    Source: Tung and Mori, "Similarity-Preserving Knowledge Distillation", ICCV 2019; on last feature maps it is the
    sample relation of Dong, Li and Wei, "DisWOT", CVPR 2023, equation 5.

    Args:
        student: `(N, ...)`.
        teacher: `(N, ...)`, of the same N.

    Raises:
        ValueError: the two have different numbers of rows.

    Example:
        >>> similarity_preserving(torch.eye(2), torch.ones(2, 1))  # rows (1, 0), (0, 1) against (.707, .707) twice
        tensor(0.2929, dtype=torch.float64)
    """
    if len(student) != len(teacher):
        raise ValueError(f"relations between {len(student)} and between {len(teacher)} rows cannot be compared")
    difference = row_normalised_gram(student) - row_normalised_gram(teacher)
    return difference.square().sum().double() / difference.numel()


def row_normalised_gram(features: Tensor) -> Tensor:
    """Gram matrix of the rows with each of its rows scaled to unit length.

    Args:
        features: `(N, ...)`, flattened to `(N, D)`.

    Returns:
        `(N, N)`.
    """
    flat = features.flatten(1).float()
    return F.normalize(flat @ flat.T, dim=1)


def relational(student: Tensor, teacher: Tensor) -> Tensor:
    """25 times the distance-wise and 50 times the angle-wise loss between features.

    Source: Park et al., "Relational Knowledge Distillation", CVPR 2019, with the weights of
    RepDistiller.

    Args:
        student: `(N, F)`.
        teacher: `(N, F')`.
    """
    distance = F.smooth_l1_loss(pair_distances(student), pair_distances(teacher))
    return 25 * distance + 50 * F.smooth_l1_loss(triple_angles(student), triple_angles(teacher))


def pair_distances(features: Tensor) -> Tensor:
    """Distances `(N, N)` between rows, in units of the mean of the positive ones."""
    squares = features.square().sum(1)
    distance: Tensor = (squares[:, None] + squares[None, :] - 2 * features @ features.T).clamp_min(1e-12).sqrt()
    distance = distance.masked_fill(torch.eye(len(features), dtype=torch.bool, device=features.device), 0.0)
    unit: Tensor = distance[distance > 0].mean()
    return distance / unit


def triple_angles(features: Tensor) -> Tensor:
    """Cosines `(N, N, N)`: entry (i, j, k) is that of the angle at row i between rows j and k."""
    unit = F.normalize(features[None, :, :] - features[:, None, :], dim=2)
    return unit @ unit.transpose(1, 2)


def congruence(student: Tensor, teacher: Tensor, gamma: float = 0.4, order: int = 2) -> Tensor:
    """Frobenius distance between the correlation matrices of features, over N^2.

    The correlation is the Gaussian kernel's Taylor expansion `exp(-2g) sum_p (2g)^p / p! (f_i . f_j)^p` of unit-length
    rows.

    Source: Peng et al., "Correlation Congruence for Knowledge Distillation", ICCV 2019; the norm is
    not squared, as in torchdistill.

    Args:
        student: `(N, F)`.
        teacher: `(N, F')`.
        gamma: g.
        order: highest power p.
    """

    def correlation(features: Tensor) -> Tensor:
        unit = F.normalize(features, dim=1)
        cosine = unit @ unit.T
        powers = [(2 * gamma) ** p / math.factorial(p) * cosine**p for p in range(order + 1)]
        return math.exp(-2 * gamma) * torch.stack(powers).sum(0)

    distance: Tensor = torch.linalg.matrix_norm(correlation(student) - correlation(teacher))
    return distance / len(student) ** 2


def probabilistic(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over the pairs of `P_t ln(P_t / P_s)`, with P the row-normalised cosine similarities.

    Source: Passalis and Tefas, "Learning Deep Representations with Probabilistic Knowledge Transfer", ECCV 2018,
    averaged over pairs as in the authors' code.

    Args:
        student: `(N, F)`.
        teacher: `(N, F')`.
    """

    def neighbours(features: Tensor) -> Tensor:
        unit: Tensor = features / (features.norm(dim=1, keepdim=True) + 1e-7)
        return F.normalize((unit @ unit.T + 1) / 2, p=1, dim=1)

    a, b = neighbours(student), neighbours(teacher)
    return (b * ((b + 1e-7) / (a + 1e-7)).log()).mean()
