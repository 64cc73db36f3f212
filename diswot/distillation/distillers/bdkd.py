"""Balanced divergences."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import balanced_divergence


class BDKD(Distiller):
    """Forward and reverse divergence of each image, the former stronger where the student is surer than its teacher.

    The paper trains the teacher along; here it stands still, and only the student's side is computed.

    Source: after Amara et al., "BD-KD: Balancing the Divergences for Online Knowledge Distillation", 2022. Its code is
    not public: weights, temperature 1 and which sign selects which divergence are choices.

    Args:
        pair: student and teacher.
        more: weight of the divergence that is preferred.
        less: weight of the other.
    """

    def __init__(self, pair: Pair, *, more: float = 2.0, less: float = 1.0) -> None:  # noqa: ARG002
        super().__init__()
        self.more, self.less = more, less

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The balanced sum."""
        return balanced_divergence(student.logits, teacher.logits, self.more, self.less)
