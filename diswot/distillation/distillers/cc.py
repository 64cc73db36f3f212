"""Correlation congruence."""

from __future__ import annotations

from torch import Tensor, nn

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, features
from diswot.losses import neighbor_correlation


class CC(Distiller):
    """The correlation of differences between embeddings, over images that follow one another in the batch.

    Both networks' features are embedded by linear layers that are trained, the teacher's too. It depends on the order
    of the batch, which is random.

    Source: after Peng et al., "Correlation Congruence for Knowledge Distillation", ICCV 2019, in the form of
    RepDistiller that published tables use, with its weight .02; the paper's own form is `diswot.losses.congruence`.

    Args:
        pair: student and teacher.
        width: of the embeddings.
    """

    def __init__(self, pair: Pair, *, width: int = 128) -> None:
        super().__init__()
        self.student, self.teacher = (nn.Linear(one, width) for one in pair.features)

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The correlation."""
        return neighbor_correlation(self.student(features(student)), self.teacher(features(teacher)))
