"""Progressive self-knowledge distillation, without a teacher."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import soft_entropy


class PSKD(Distiller):
    """Cross-entropy with `(1 - a) onehot + a M_i`: what the student itself said of the image an epoch ago.

    `a = alpha (t + 1) / E` in epoch t of E, from 0 on. In the first epoch the memory is the label. It takes the place
    of the cross-entropy with the labels.

    Source: Kim et al., "Self-Knowledge Distillation with Progressive Refinement of Targets", ICCV 2021, with the
    authors' alpha of .8 for CIFAR-100.

    Args:
        pair: the student, and labels of the training images, for each of which K numbers are kept.
        alpha: weight of the memory in the end.
    """

    memory: Tensor

    def __init__(self, pair: Pair, *, alpha: float = 0.8) -> None:
        super().__init__()
        self.alpha, self.epochs = alpha, pair.epochs
        self.register_buffer("memory", F.one_hot(pair.labels, pair.num_classes).float())

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The cross-entropy; the memory of these images is what the student says now."""
        share = self.alpha * (int(targets.epoch) + 1) / self.epochs
        wanted = (1 - share) * targets.probabilities + share * self.memory[targets.indices]
        if self.training:
            with torch.no_grad():
                self.memory[targets.indices] = student.logits.softmax(1)
        return soft_entropy(student.logits, wanted)
