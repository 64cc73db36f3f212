"""One-for-all distillation, for a teacher of another kind."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import enhanced_entropy


class OFA(Distiller):
    """The enhanced cross-entropy with the teacher, of the logits and of a classifier on each map of the student.

    A classifier on a map has separable convolutions of stride 2, one for each stage that follows, then 1 x 1
    convolution to the width of the wider network, pooling and a linear layer. All parts weigh the same.

    Source: Hao et al., "One-for-All: Bridge the Gap Between Heterogeneous Architectures in Knowledge Distillation",
    NeurIPS 2023; epsilon 1 is the authors' for CIFAR-100 (1.5 for ImageNet). The classifiers are the authors' for
    convolutional students; they give the others transformer blocks.

    Args:
        pair: student and teacher.
        epsilon: by which the target class is enhanced.
    """

    def __init__(self, pair: Pair, *, epsilon: float = 1.0) -> None:
        super().__init__()
        self.epsilon = epsilon
        wide = max(one.maps[-1].shape[1] for one in (pair.student, pair.teacher) if one.maps)
        count = len(pair.student.maps)
        self.branches = nn.ModuleList(
            branch(one.shape[1], count - 1 - i, wide, pair.num_classes) for i, one in enumerate(pair.student.maps)
        )

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The sum over logits and maps."""
        said = [student.logits, *(one(seen) for one, seen in zip(self.branches, student.maps, strict=True))]
        losses = [enhanced_entropy(one, teacher.logits, targets.labels, self.epsilon) for one in said]
        return torch.stack(losses).sum()


def branch(width: int, stages: int, wide: int, num_classes: int) -> nn.Sequential:
    """A classifier on a map of so many channels, with so many stages to come."""
    layers: list[nn.Module] = []
    for _ in range(stages):
        layers += [_separable(width, 2 * width)]
        width *= 2
    layers += [nn.Conv2d(width, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(wide, num_classes))


def _separable(c_in: int, c_out: int) -> nn.Sequential:
    depthwise = nn.Conv2d(c_in, c_in, 3, 2, 1, groups=c_in, bias=False)
    pointwise = nn.Conv2d(c_in, c_out, 1, bias=False)
    return nn.Sequential(depthwise, nn.BatchNorm2d(c_in), pointwise, nn.BatchNorm2d(c_out), nn.ReLU())
