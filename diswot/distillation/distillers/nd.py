"""Norm and direction of features."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, features
from diswot.losses import direction_and_norm

DROPOUT = 0.5


class ND(Distiller):
    """`mean_i [1 - f_i . e_y / max(|f_i|, |t_i|)]`: features long, and in the direction of the teacher's class mean.

    The means are taken over the training images, unvaried, before training. Features of another width go through batch
    norm, dropout and a linear layer. Added to another distiller it makes that method's "++": `kd + 2*nd` is KD++.

    Source: Wang et al., "Improving Knowledge Distillation via Regularizing Feature Norm and Direction", 2023; the
    authors' weights go from .5 to 2 by pair, 2 is that of ResNet-56 with ResNet-20.

    Args:
        pair: student and teacher.
    """

    centers: Tensor

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        own, other = pair.features
        same = own == other
        self.adapter: nn.Module = (
            nn.Identity() if same else nn.Sequential(nn.BatchNorm1d(own), nn.Dropout(DROPOUT), nn.Linear(own, other))
        )
        self.register_buffer("centers", torch.zeros(pair.num_classes, other))

    def prepare(self, batches: Iterable[tuple[Outputs, Targets]]) -> None:
        """Take the means of the teacher's features by class."""
        counts = torch.zeros(len(self.centers), 1, device=self.centers.device)
        self.centers.zero_()
        for teacher, targets in batches:
            self.centers.index_add_(0, targets.labels.to(self.centers.device), features(teacher))
            counts.index_add_(0, targets.labels.to(counts.device), counts.new_ones(len(targets.labels), 1))
        self.centers.div_(counts.clamp_min(1))

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The distance."""
        own = self.adapter(features(student))
        return direction_and_norm(own, features(teacher), self.centers, targets.labels)
