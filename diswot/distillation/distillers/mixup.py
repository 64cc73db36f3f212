"""Distillation of mixed images, by logits over their deviation."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import deviation_scaled_kl, scaled_by_deviation, soft_entropy


class MixupKD(Distiller):
    """`gamma CE + alpha KL`, each network's logits over their own standard deviation; made for `--mixup 1`.

    The cross-entropy is with the mixed labels, on scaled logits, and takes the place of the usual one. All images are
    mixed, with one share in a batch; the authors draw a share for each image and mix a part of them.

    Source: Choi et al., "Understanding the Role of Mixup in Knowledge Distillation: An Empirical Study", WACV 2023.

    Args:
        pair: student and teacher.
        gamma: weight of the cross-entropy.
        alpha: weight of the divergence.
    """

    def __init__(self, pair: Pair, *, gamma: float = 0.1, alpha: float = 0.9) -> None:  # noqa: ARG002
        super().__init__()
        self.gamma, self.alpha = gamma, alpha

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The two parts."""
        hard = soft_entropy(scaled_by_deviation(student.logits), targets.probabilities)
        return self.gamma * hard + self.alpha * deviation_scaled_kl(student.logits, teacher.logits)
