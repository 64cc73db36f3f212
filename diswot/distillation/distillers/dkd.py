"""Decoupled knowledge distillation."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, warmed_up
from diswot.losses import non_target_divergence, target_divergence


class DKD(Distiller):
    """`alpha TCKD + beta NCKD`: the divergence by the label's class against the rest, and that among the rest.

    The factor rises from 0 to 1 over a twelfth of the training, the authors' 20 of 240 epochs. Of mixed images the
    label is that of the larger part.

    Source: Zhao et al., "Decoupled Knowledge Distillation", CVPR 2022; alpha 1, beta 8 and temperature 4 are the
    authors' for the most of their CIFAR-100 pairs (beta 2 for ResNets of equal kind, 6 for VGG and Wide ResNets).

    Args:
        pair: student and teacher.
        temperature: T.
        alpha: weight of the first part.
        beta: weight of the second part.
    """

    def __init__(self, pair: Pair, *, temperature: float = 4.0, alpha: float = 1.0, beta: float = 8.0) -> None:
        super().__init__()
        self.temperature, self.alpha, self.beta, self.epochs = temperature, alpha, beta, pair.epochs

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The two parts."""
        seen = student.logits, teacher.logits, targets.labels, self.temperature
        loss = self.alpha * target_divergence(*seen) + self.beta * non_target_divergence(*seen)
        return warmed_up(targets.epoch, self.epochs) * loss
