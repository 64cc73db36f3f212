"""Attention transfer."""

from __future__ import annotations

import torch
from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, matched
from diswot.losses import attention


class AT(Distiller):
    """The squared difference of unit-length attention maps `mean_c F_c^2`, summed over the stages.

    Source: Zagoruyko and Komodakis, "Paying More Attention to Attention", ICLR 2017, as in the authors' code, with its
    weight 1,000.

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The sum over the stages."""
        return torch.stack([attention(*one) for one in matched(student.maps, teacher.maps)]).sum()
