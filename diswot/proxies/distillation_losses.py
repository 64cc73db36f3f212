"""Distillation losses, as mathematics on tensors.

Every loss is zero where the student shows what the teacher shows. A student may be of any width unless its loss says
otherwise.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.proxies.alignment import alignment


def same_size(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two maps `(N, C, H, W)` at the smaller height and width of both, by adaptive average pooling."""
    size = (min(a.shape[2], b.shape[2]), min(a.shape[3], b.shape[3]))
    return F.adaptive_avg_pool2d(a, size), F.adaptive_avg_pool2d(b, size)


def logits_kl(student: Tensor, teacher: Tensor, temperature: float = 4.0) -> Tensor:
    """`T^2 mean_i KL(softmax(t_i / T) || softmax(s_i / T))`.

    Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2014.

    Args:
        student: `(N, K)` logits.
        teacher: `(N, K)` logits of the same classes.
        temperature: T.

    Raises:
        ValueError: the classes differ in number.
    """
    if student.shape != teacher.shape:
        raise ValueError(f"logits {tuple(student.shape)} and {tuple(teacher.shape)} are not of the same classes")
    log_student, log_teacher = (torch.log_softmax(logits / temperature, 1) for logits in (student, teacher))
    return F.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True) * temperature**2


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
