"""Losses between logits that tell the class of the label from the others."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def target_divergence(student: Tensor, teacher: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """`T^2 mean_i KL([q_y, 1 - q_y] of the teacher || of the student)`, q the softened probabilities.

    Source: Zhao et al., "Decoupled Knowledge Distillation", CVPR 2022: its "target class" part.

    Args:
        student: `(N, K)` logits.
        teacher: `(N, K)` logits.
        labels: `(N,)`.
        temperature: T.
    """
    log_student, log_teacher = (_binary(logits / temperature, labels) for logits in (student, teacher))
    return temperature**2 * F.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True)


def _binary(logits: Tensor, labels: Tensor) -> Tensor:
    """Log-probabilities `(N, 2)` of the label and of all other classes together."""
    log = logits.log_softmax(1)
    target = log.gather(1, labels[:, None])
    return torch.cat([target, others(log, labels).logsumexp(1, keepdim=True)], 1)


def others(logits: Tensor, labels: Tensor) -> Tensor:
    """The logits `(N, K - 1)` of the classes that are not the label."""
    keep = torch.ones_like(logits, dtype=torch.bool).scatter_(1, labels[:, None], value=False)
    return logits[keep].reshape(len(logits), -1)


def non_target_divergence(student: Tensor, teacher: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """`T^2 mean_i KL` of the teacher's softened probabilities among the other classes to the student's.

    Source: Zhao et al., "Decoupled Knowledge Distillation", CVPR 2022: its "non-target class" part.

    Args:
        student: `(N, K)` logits.
        teacher: `(N, K)` logits.
        labels: `(N,)`.
        temperature: T.
    """
    log_student, log_teacher = ((others(logits, labels) / temperature).log_softmax(1) for logits in (student, teacher))
    return temperature**2 * F.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True)


def target_entropy(student: Tensor, teacher: Tensor, labels: Tensor) -> Tensor:
    """`-mean_i t_y ln s_y`, with the probabilities of the label by teacher and student.

    Source: Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023
    """
    log_student, weight = (logits.log_softmax(1).gather(1, labels[:, None]) for logits in (student, teacher))
    return -(weight.exp() * log_student).mean()


def non_target_entropy(student: Tensor, teacher: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """`-T^2 mean_i sum_k q_k ln p_k` over the classes that are not the label, each of them softmaxes of those alone.

    A cross-entropy: it holds the teacher's entropy, unlike `non_target_divergence`.

    Source: Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023
    """
    log_student, target = ((others(logits, labels) / temperature).log_softmax(1) for logits in (student, teacher))
    return -(temperature**2) * (target.exp() * log_student).sum(1).mean()


def enhanced_entropy(student: Tensor, teacher: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    """`mean_i sum_k -[(t_k + 1{k = y})^e - 1{k = y}] ln s_k`; for e = 1 the cross-entropy with the teacher.

    Source: Hao et al., "One-for-All: Bridge the Gap Between Heterogeneous Architectures in Knowledge Distillation",
    NeurIPS 2023

    Args:
        student: `(N, K)` logits.
        teacher: `(N, K)` logits.
        labels: `(N,)`.
        epsilon: e, by which the target class is enhanced.
    """
    onehot = F.one_hot(labels, student.shape[1])
    weight = (teacher.softmax(1) + onehot) ** epsilon - onehot
    return -(weight * student.log_softmax(1)).sum(1).mean()


def soft_entropy(student: Tensor, probabilities: Tensor) -> Tensor:
    """`-mean_i sum_k q_k ln s_k` with given probabilities.

    Args:
        student: `(N, K)` logits.
        probabilities: `(N, K)`.
    """
    return -(probabilities * student.log_softmax(1)).sum(1).mean()


def self_target_entropy(student: Tensor, labels: Tensor) -> Tensor:
    """`-mean_i P_i ln s_y` with `P_i = s_y^2 + 1 - mean s_y^2`, a constant: the student's own softened label.

    Source: Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023
    """
    log = student.log_softmax(1).gather(1, labels[:, None])
    squared = log.detach().exp().square()
    return -((squared + 1 - squared.mean()) * log).mean()


def zipf_entropy(student: Tensor, weak: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy among the classes that are not the label, with weights `1 / rank` in the order of a score.

    The score is `w_k / (1 - w_y) + ln s_k / (1 - ln s_y)`, with the probabilities w of a weak classifier and the
    logarithms of the student's: that is what the authors' code computes; their paper has probabilities in both.

    Source: Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023.

    Args:
        student: `(N, K)` logits.
        weak: `(N, K)` logits of a classifier on earlier features.
        labels: `(N,)`.
    """
    with torch.no_grad():
        first, second = (
            one / (1 - one.gather(1, labels[:, None]) + 1e-6) for one in (weak.softmax(1), student.log_softmax(1))
        )
        ranks = (first + second).argsort(1, descending=True).argsort(1)
        weights = F.normalize(others(1 / (1 + ranks.to(student.dtype)), labels), p=1, dim=1)
    return -(weights * others(student, labels).log_softmax(1)).sum(1).mean()
