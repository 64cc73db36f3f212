"""Relational knowledge distillation."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, features
from diswot.losses import relational


class RKD(Distiller):
    """25 times the loss of distances and 50 times that of angles between the features of the images.

    Memory grows with the third power of the batch.

    Source: Park et al., "Relational Knowledge Distillation", CVPR 2019, with RepDistiller's weights.

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The two parts."""
        return relational(features(student), features(teacher))
