"""Distillation from a stronger teacher, by relations of predictions."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import relation_of_predictions


class DIST(Distiller):
    """`T^2 (inter + intra)`: one minus the correlation of the softened predictions, by image and by class.

    Source: Huang et al., "Knowledge Distillation from A Stronger Teacher", NeurIPS 2022; temperature 4 for CIFAR (1 for
    ImageNet) and weight 2 as the authors'.

    Args:
        pair: student and teacher.
        temperature: T.
    """

    def __init__(self, pair: Pair, *, temperature: float = 4.0) -> None:  # noqa: ARG002
        super().__init__()
        self.temperature = temperature

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The two parts."""
        return relation_of_predictions(student.logits, teacher.logits, self.temperature)
