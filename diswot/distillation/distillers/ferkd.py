"""Soft labels of crops, softened hard ones where the teacher is unsure."""

from __future__ import annotations

import torch
from torch import Tensor

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import soft_entropy


class FerKD(Distiller):
    """Cross-entropy with the teacher's prediction of the crop, or with the smoothed label where the teacher is unsure.

    It takes the place of the cross-entropy with the labels, at temperature 1. With `--cache-teacher` the predictions
    are computed once for each crop, as the authors do.

    Source: the loss is that of Shen and Xing, "A Fast Knowledge Distillation Framework for Visual Recognition", ECCV
    2022; the treatment of unsure crops follows Shen, "FerKD: Surgical Label Adaptation for Efficient Distillation",
    ICCV 2023, whose thresholds are not public: both defaults are choices.

    Args:
        pair: student and teacher.
        sure: confidence of the teacher from which on its prediction is used.
        smoothing: share of the label that is spread over all classes where it is not.
    """

    def __init__(self, pair: Pair, *, sure: float = 0.3, smoothing: float = 0.1) -> None:
        super().__init__()
        self.sure, self.smoothing, self.num_classes = sure, smoothing, pair.num_classes

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The cross-entropy."""
        said = teacher.logits.softmax(1)
        smooth = targets.probabilities * (1 - self.smoothing) + self.smoothing / self.num_classes
        wanted = torch.where(said.amax(1, keepdim=True) >= self.sure, said, smooth)
        return soft_entropy(student.logits, wanted)
