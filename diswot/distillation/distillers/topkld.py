"""Forward divergence on top, reverse below."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import top_divergence


class TopKLD(Distiller):
    """Forward divergence on the teacher's most probable classes, reverse divergence on the others.

    Source: a reading of TopKLD (arXiv 2501.06218), which is about generators of image tokens and whose code is not
    public; directions, no renormalization and the default of a fifth of the classes are choices.

    Args:
        pair: student and teacher.
        top: classes on top; by default a fifth of them.
    """

    def __init__(self, pair: Pair, *, top: int | None = None) -> None:
        super().__init__()
        self.top = min(pair.num_classes, max(1, pair.num_classes // 5) if top is None else top)

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The sum of both parts."""
        return top_divergence(student.logits, teacher.logits, self.top)
