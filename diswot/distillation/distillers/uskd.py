"""Universal self-knowledge distillation, without a teacher."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import self_target_entropy, zipf_entropy

SMOOTHING = 0.1


class USKD(Distiller):
    """`alpha L_target + beta L_others + mu L_weak`: labels softened by the student, and by a classifier half-way.

    The classifier half-way reads the pooled map before the last and learns labels smoothed by .1. Among the other
    classes the target falls as 1 / rank, in the order of a score of both.

    Source: Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023, ranks as in the
    authors' code; .1 each are the authors' weights for CIFAR-100.

    Args:
        pair: the student.
        alpha: weight of the label's class.
        beta: weight of the other classes.
        mu: weight of the classifier half-way.
    """

    def __init__(self, pair: Pair, *, alpha: float = 0.1, beta: float = 0.1, mu: float = 0.1) -> None:
        super().__init__()
        self.alpha, self.beta, self.mu = alpha, beta, mu
        self.weak = nn.Linear(_half_way(pair.student).shape[1], pair.num_classes)

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The three parts."""
        weak = self.weak(_half_way(student).mean((2, 3)))
        learned = F.cross_entropy(weak, targets.labels, label_smoothing=SMOOTHING)
        own = self_target_entropy(student.logits, targets.labels)
        rest = zipf_entropy(student.logits, weak, targets.labels)
        return self.alpha * own + self.beta * rest + self.mu * learned


def _half_way(outputs: Outputs) -> Tensor:
    """The map before the last; of a network with a single one, that."""
    return outputs.maps[-2] if len(outputs.maps) > 1 else outputs.maps[-1]
