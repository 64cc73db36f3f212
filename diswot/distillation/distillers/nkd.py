"""Normalized knowledge distillation."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import non_target_entropy, target_entropy


class NKD(Distiller):
    """`-mean t_y ln s_y + gamma T^2` times the cross-entropy among the other classes; the first part is at T = 1.

    Source: Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023; temperature 3 and
    gamma 3.5 are the authors' for CIFAR-100 (1 and 1.5 for ImageNet).

    Args:
        pair: student and teacher.
        temperature: T.
        gamma: weight of the second part.
    """

    def __init__(self, pair: Pair, *, temperature: float = 3.0, gamma: float = 3.5) -> None:  # noqa: ARG002
        super().__init__()
        self.temperature, self.gamma = temperature, gamma

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The two parts."""
        seen = student.logits, teacher.logits, targets.labels
        return target_entropy(*seen) + self.gamma * non_target_entropy(*seen, self.temperature)
