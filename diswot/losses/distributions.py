"""Losses between the distributions that logits stand for."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.losses.logits import logits_kl


def correlation_distance(a: Tensor, b: Tensor) -> Tensor:
    """One minus the mean Pearson correlation of the rows of a and b, both `(N, D)`."""
    a, b = (x - x.mean(1, keepdim=True) for x in (a, b))
    correlations: Tensor = (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1) + 1e-8)
    return 1 - correlations.mean()


def relation_of_predictions(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """`T^2 (inter + intra)`: how far softened predictions are from being correlated, by image and by class.

    In a batch of one image nothing is correlated by class, and that part is 1.

    Source: Huang et al., "Knowledge Distillation from A Stronger Teacher", NeurIPS 2022.

    Args:
        student: `(N, K)` logits.
        teacher: `(N, K)` logits.
        temperature: T.
    """
    a, b = ((logits / temperature).softmax(1) for logits in (student, teacher))
    return temperature**2 * (correlation_distance(a, b) + correlation_distance(a.T, b.T))


def standardized(logits: Tensor) -> Tensor:
    """Logits `(N, K)` of mean 0 and standard deviation 1 (over K - 1) in each row.

    Source: Sun et al., "Logit Standardization in Knowledge Distillation", CVPR 2024
    """
    return (logits - logits.mean(1, keepdim=True)) / (logits.std(1, keepdim=True) + 1e-7)


def scaled_by_deviation(logits: Tensor) -> Tensor:
    """Logits `(N, K)`, each row over its standard deviation (over K - 1).

    Source: Choi et al., "Understanding the Role of Mixup in Knowledge Distillation", WACV 2023
    """
    return logits / (logits.std(1, keepdim=True) + 1e-7)


def top_divergence(student: Tensor, teacher: Tensor, count: int) -> Tensor:
    """Forward divergence on the teacher's `count` most probable classes, reverse divergence on the others.

    `mean_i [sum_top t ln(t / s) + sum_rest s ln(s / t)]`: partial sums, not renormalized. With all classes on top it is
    the forward divergence, with none the reverse one.

    Source: a reading of TopKLD (arXiv 2501.06218), whose code is not public: direction and renormalization are assumed.

    Args:
        student: `(N, K)` logits.
        teacher: `(N, K)` logits.
        count: classes on top.
    """
    log_s, log_t = student.log_softmax(1), teacher.log_softmax(1)
    top = torch.zeros_like(log_t, dtype=torch.bool).scatter_(1, log_t.topk(count, 1).indices, value=True)
    forward, reverse = log_t.exp() * (log_t - log_s), log_s.exp() * (log_s - log_t)
    return torch.where(top, forward, reverse).sum(1).mean()


def balanced_divergence(student: Tensor, teacher: Tensor, more: float, less: float) -> Tensor:
    """Forward and reverse divergence of each image, weighted by who of the two is surer.

    Where the student's entropy is below the teacher's, the forward divergence has the larger weight, else the reverse.

    Source: after Amara et al., "BD-KD: Balancing the Divergences for Online Knowledge Distillation", 2022; which sign
    selects which divergence, and the weights, are this project's reading: no code is public.

    Args:
        student: `(N, K)` logits.
        teacher: `(N, K)` logits.
        more: the larger weight.
        less: the smaller weight.
    """
    log_s, log_t = student.log_softmax(1), teacher.log_softmax(1)
    forward, reverse = (log_t.exp() * (log_t - log_s)).sum(1), (log_s.exp() * (log_s - log_t)).sum(1)
    surer = (log_s.exp() * log_s).sum(1).detach() > (log_t.exp() * log_t).sum(1)
    weights = torch.where(surer, more, less), torch.where(surer, less, more)
    return (weights[0] * forward + weights[1] * reverse).mean()


def standardized_kl(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """`logits_kl` of standardized logits."""
    return logits_kl(standardized(student), standardized(teacher), temperature)


def deviation_scaled_kl(student: Tensor, teacher: Tensor) -> Tensor:
    """`mean_i KL` of the softmaxes of logits over their standard deviations, without a factor of temperature."""
    log_s, log_t = (scaled_by_deviation(logits).log_softmax(1) for logits in (student, teacher))
    return F.kl_div(log_s, log_t, reduction="batchmean", log_target=True)
