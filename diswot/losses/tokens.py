"""Losses between the graphs that tokens of images form."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def neighbor_graph(tokens: Tensor, neighbors: int, sigma: float) -> Tensor:
    """`exp(-|t_i - t_j|^2 / (2 sigma))` where token i is among the nearest neighbors of token j, else 0.

    Source: Zhang et al., "Knowledge Distillation via Token-level Relationship Graph", 2023

    Args:
        tokens: `(M, D)`.
        neighbors: of each token, itself left out.
        sigma: of the kernel.

    Returns:
        `(M, M)`.
    """
    squared = (tokens[:, None] - tokens[None]).square().sum(2)
    far = squared.detach() + torch.diag(torch.full((len(tokens),), torch.inf, device=tokens.device))
    nearest = far.argsort(stable=True, dim=0)[:neighbors]
    near = torch.zeros_like(far, dtype=torch.bool).scatter_(0, nearest, value=True)
    return torch.exp(-squared / (2 * sigma)) * near


def graph_divergence(student: Tensor, teacher: Tensor, neighbors: int, sigma: float) -> Tensor:
    """`sum_i KL` of the softmax of each row of the teacher's graph to that of the student's.

    The direction is this project's choice: what is known of the paper leaves it open.

    Args:
        student: `(M, D)` tokens.
        teacher: `(M, D')` tokens.
        neighbors: of each token.
        sigma: of the kernel.
    """
    log_s, log_t = (neighbor_graph(one, neighbors, sigma).log_softmax(1) for one in (student, teacher))
    return F.kl_div(log_s, log_t, reduction="sum", log_target=True)


def token_contrast(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """`-sum_i ln softmax_j(cos(s_i, t_j) / tau)_i`: each token of the student finds that of the teacher.

    Args:
        student: `(M, D)` tokens.
        teacher: `(M, D)` tokens.
        temperature: tau.
    """
    cosine = F.normalize(student, dim=1) @ F.normalize(teacher, dim=1).T
    return F.cross_entropy(cosine / temperature, torch.arange(len(student), device=student.device), reduction="sum")


def contextual_similarity(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of `softmax(F F^T / sqrt(D))` among the tokens of each image.

    Args:
        student: `(..., T, D)`.
        teacher: `(..., T, D')`.
    """
    a, b = ((x @ x.transpose(-1, -2) / x.shape[-1] ** 0.5).softmax(-1) for x in (student, teacher))
    return F.mse_loss(a, b)
