"""Inter-channel correlation."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.adapters import to_channels
from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import channel_correlation


class ICKD(Distiller):
    """The squared difference of row-normalized channel Gram matrices, over N C, of the last maps.

    The student's map goes through a 1 x 1 convolution with batch norm.

    Source: Liu et al., "Exploring Inter-Channel Correlation for Diversity-preserved Knowledge Distillation", ICCV 2021,
    weight 2.5 as in the authors' description (their script has 4).

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.adapter = to_channels(pair.student.maps[-1].shape[1], pair.teacher.maps[-1].shape[1])

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The difference."""
        return channel_correlation(self.adapter(student.maps[-1]), teacher.maps[-1])
