"""Similarity-preserving distillation; also the relation that DisWOT scores students by."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import similarity_preserving


class SP(Distiller):
    """`|G_s - G_t|_F^2 / N^2` of the row-normalized Gram matrices of the images' last maps.

    Source: Tung and Mori, "Similarity-Preserving Knowledge Distillation", ICCV 2019, with RepDistiller's weight 3,000.
    Dong, Li and Wei, "DisWOT", CVPR 2023, score students by the same and call it their relation similarity.

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The distance of the matrices."""
        return similarity_preserving(student.maps[-1], teacher.maps[-1])
