"""DisWOT's similarities as losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.distillation.distillers.adapters import to_width
from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, features
from diswot.distillation.distillers.sp import SP
from diswot.losses import channel_distance


class Semantic(Distiller):
    """The inter-channel distance of the classifier's gradients, by class.

    The gradient of the cross-entropy with respect to the classifier's weight is `(p - onehot)^T f / N`, in closed form
    and differentiable. Features of another width than the teacher's go through a linear layer.

    Source: Dong, Li and Wei, "DisWOT: Student Architecture Search for Distillation WithOut Training", CVPR 2023,
    equation 3. The paper reports its similarities as distillers, but neither their weights nor their code are public:
    weight 1 is a choice.

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.adapter = to_width(*pair.features)

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The distance of the gradients."""
        own = gradient(student.logits, self.adapter(features(student)), targets.labels)
        return channel_distance(own, gradient(teacher.logits, features(teacher), targets.labels))


class DisWOT(Distiller):
    """Both similarities of DisWOT: `semantic * Semantic + relation * SP`.

    Source: as `Semantic`; the relation has the weight of similarity-preserving distillation, which it equals.

    Args:
        pair: student and teacher.
        semantic: weight of the first.
        relation: weight of the second.
    """

    def __init__(self, pair: Pair, *, semantic: float = 1.0, relation: float = 3000.0) -> None:
        super().__init__()
        self.weights = semantic, relation
        self.semantic, self.relation = Semantic(pair), SP(pair)

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The sum of the two."""
        first, second = (one(student, teacher, targets) for one in (self.semantic, self.relation))
        total: Tensor = self.weights[0] * first + self.weights[1] * second
        return total


def gradient(logits: Tensor, pooled: Tensor, labels: Tensor) -> Tensor:
    """Gradient `(K, F)` of the mean cross-entropy with respect to the weight of the classifier.

    Args:
        logits: `(N, K)`.
        pooled: `(N, F)`.
        labels: `(N,)`.
    """
    residual = logits.softmax(1) - F.one_hot(labels, logits.shape[1])
    return torch.matmul(residual.T, pooled) / len(labels)
