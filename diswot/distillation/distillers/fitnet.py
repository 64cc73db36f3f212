"""FitNet's hint."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.adapters import to_channels
from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, matched
from diswot.losses import hint


class FitNet(Distiller):
    """Mean squared difference of one map of the teacher and that of the student behind a regressor.

    The regressor is a 1 x 1 convolution with batch norm and ReLU; the larger map is pooled to the smaller. The authors
    train in two stages, the hint first; here, as in the common repositories, all is trained at once.

    Source: Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015; weight 100 as in RepDistiller.

    Args:
        pair: student and teacher.
        stage: of the pairs of maps, counted from the front; negative numbers count from the back.
    """

    def __init__(self, pair: Pair, *, stage: int = -2) -> None:
        super().__init__()
        self.stage = max(stage, -len(pair.maps)) if stage < 0 else min(stage, len(pair.maps) - 1)
        student, teacher = pair.maps[self.stage]
        self.regressor = to_channels(student.shape[1], teacher.shape[1], relu=True)

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The difference."""
        one, other = matched(student.maps, teacher.maps)[self.stage]
        return hint(self.regressor(one), other)
