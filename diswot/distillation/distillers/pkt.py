"""Probabilistic knowledge transfer."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, features
from diswot.losses import probabilistic


class PKT(Distiller):
    """`mean P_t ln(P_t / P_s)` of the row-normalized cosine similarities of the features.

    Source: Passalis and Tefas, "Learning Deep Representations with Probabilistic Knowledge Transfer", ECCV 2018, with
    RepDistiller's weight 30,000, which belongs to the mean over pairs.

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The divergence."""
        return probabilistic(features(student), features(teacher))
