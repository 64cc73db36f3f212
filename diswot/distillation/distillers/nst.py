"""Neuron selectivity transfer."""

from __future__ import annotations

import torch
from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, matched
from diswot.losses import selectivity


class NST(Distiller):
    """The maximum mean discrepancy of the channels, polynomial kernel of degree 2, summed over the stages.

    Source: Huang and Wang, "Like What You Like: Knowledge Distill via Neuron Selectivity Transfer", 2017, with
    RepDistiller's weight 50.

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The sum over the stages."""
        return torch.stack([selectivity(*one) for one in matched(student.maps, teacher.maps)]).sum()
