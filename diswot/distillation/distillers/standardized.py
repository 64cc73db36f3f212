"""Distillation by standardized logits."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import standardized_kl


class StandardizedKD(Distiller):
    """`T^2 mean_i KL(softmax(Z(t_i) / T) || softmax(Z(s_i) / T))`, Z a row of mean 0 and deviation 1.

    Source: Sun et al., "Logit Standardization in Knowledge Distillation", CVPR 2024; temperature 2 and weight 9 beside
    .1 of cross-entropy, as in the authors' commands for CIFAR-100.

    Args:
        pair: student and teacher.
        temperature: T.
    """

    def __init__(self, pair: Pair, *, temperature: float = 2.0) -> None:  # noqa: ARG002
        super().__init__()
        self.temperature = temperature

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The divergence."""
        return standardized_kl(student.logits, teacher.logits, self.temperature)
