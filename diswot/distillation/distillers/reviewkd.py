"""Knowledge review."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, features, matched, warmed_up
from diswot.losses import hierarchical_context

MOST = 512
"""Channels within the fusions, at most."""


class ReviewKD(Distiller):
    """Each map of the teacher from those of the student at its level and deeper ones, fused by attention.

    From the deepest, which are the pooled features, upwards: a level's map is joined with what comes from below, mapped
    to the teacher's channels, and compared at several scales. The factor rises over a twelfth of the training, the
    authors' 20 of 240 epochs. Maps are taken behind the activation; the authors take the teacher's before it.

    Source: Chen et al., "Distilling Knowledge via Knowledge Review", CVPR 2021; the authors' weights go from .6 to 8 by
    pair, 1 is that of ResNet-110 with ResNet-32.

    Args:
        pair: student and teacher.
    """

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.epochs = pair.epochs
        pairs = _levels(pair.student, pair.teacher)
        middle = min(MOST, pairs[0][0].shape[1])
        self.fusions = nn.ModuleList(
            Fusion(own.shape[1], middle, other.shape[1], deepest=i == 0) for i, (own, other) in enumerate(pairs)
        )

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The sum over the levels."""
        carried: Tensor | None = None
        losses = []
        for fusion, (own, other) in zip(self.fusions, _levels(student, teacher), strict=True):
            shown, carried = fusion(own, carried, other.shape[2:])
            losses.append(hierarchical_context(shown, other))
        return warmed_up(targets.epoch, self.epochs) * torch.stack(losses).sum()


def _levels(student: Outputs, teacher: Outputs) -> list[tuple[Tensor, Tensor]]:
    """Pairs of maps from the deepest on, pooled features first, as maps of one pixel."""
    pooled = features(student)[:, :, None, None], features(teacher)[:, :, None, None]
    return [pooled, *matched(student.maps, teacher.maps)[::-1]]


class Fusion(nn.Module):
    """A map of the student joined with what comes from the level below, in the teacher's channels and size."""

    def __init__(self, c_in: int, middle: int, c_out: int, *, deepest: bool) -> None:
        super().__init__()
        enter, leave = nn.Conv2d(c_in, middle, 1, bias=False), nn.Conv2d(middle, c_out, 3, padding=1, bias=False)
        for layer in (enter, leave):
            nn.init.kaiming_uniform_(layer.weight, a=1)
        self.enter = nn.Sequential(enter, nn.BatchNorm2d(middle))
        self.leave = nn.Sequential(leave, nn.BatchNorm2d(c_out))
        self.attention = None if deepest else nn.Sequential(nn.Conv2d(2 * middle, 2, 1), nn.Sigmoid())

    def forward(self, own: Tensor, below: Tensor | None, size: torch.Size) -> tuple[Tensor, Tensor]:
        """What is compared with the teacher, and what goes on to the next level."""
        x: Tensor = self.enter(own)
        if self.attention is not None:
            assert below is not None
            y = F.interpolate(below, x.shape[2:], mode="nearest")
            weights = self.attention(torch.cat([x, y], 1))
            x = x * weights[:, :1] + y * weights[:, 1:]
        if x.shape[2:] != size:
            x = F.interpolate(x, tuple(size), mode="nearest")
        return self.leave(x), x
