"""Knowledge distillation by logits."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import logits_kl


class KD(Distiller):
    """`T^2 mean_i KL(softmax(t_i / T) || softmax(s_i / T))`, with cross-entropy weighted .1 and this .9.

    Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2014; weights and temperature as
    in RepDistiller for CIFAR-100. For ImageNet a temperature of 1 and equal weights are usual.

    Args:
        pair: student and teacher.
        temperature: T.
    """

    def __init__(self, pair: Pair, *, temperature: float = 4.0) -> None:  # noqa: ARG002
        super().__init__()
        self.temperature = temperature

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The divergence."""
        return logits_kl(student.logits, teacher.logits, self.temperature)
