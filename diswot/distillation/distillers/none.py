"""No distillation."""

from __future__ import annotations

from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets


class NoDistiller(Distiller):
    """Zero: the student is trained on its labels alone."""

    def __init__(self, pair: Pair) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """Zero, connected to nothing."""
        return student.logits.new_zeros(())
