"""Losses between logits."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


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
