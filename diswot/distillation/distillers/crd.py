"""Contrastive representation distillation."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets, features
from diswot.losses import contrast

MOMENTUM = 0.5
TEMPERATURE = 0.07


class CRD(Distiller):
    """Each network's embedding of an image against the other's memory of it and of images of other classes.

    Embeddings are linear, of unit length, and trained for both networks. Memories of all training images follow them
    with momentum .5. The normalizing constant of the scores is set by the first batch.

    Source: Tian et al., "Contrastive Representation Distillation", ICLR 2020, with the authors' weight .8, temperature
    .07 and 16,384 negatives, here at most as many as there are other training images. Negatives are drawn with
    replacement.

    Args:
        pair: student and teacher.
        negatives: m, of each image.
        width: of the embeddings.
    """

    labels: Tensor
    student_memory: Tensor
    teacher_memory: Tensor
    normalizers: Tensor

    def __init__(self, pair: Pair, *, negatives: int = 16_384, width: int = 128) -> None:
        super().__init__()
        self.student, self.teacher = (nn.Linear(one, width) for one in pair.features)
        count, bound = len(pair.labels), 1 / math.sqrt(width / 3)
        self.negatives = min(negatives, count - 1)
        self.register_buffer("labels", pair.labels, persistent=False)
        for name in ("student_memory", "teacher_memory"):
            self.register_buffer(name, torch.empty(count, width).uniform_(-bound, bound))
        self.register_buffer("normalizers", torch.zeros(2))

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The sum of both sides."""
        own = F.normalize(self.student(features(student)), dim=1)
        other = F.normalize(self.teacher(features(teacher)), dim=1)
        rows = torch.cat([targets.indices[:, None], self._draw(targets)], 1)
        sides = self._scores(self.teacher_memory, rows, own, 0), self._scores(self.student_memory, rows, other, 1)
        loss = contrast(sides[0], len(self.labels)) + contrast(sides[1], len(self.labels))
        if self.training:
            self._remember(targets.indices, own, other)
        return loss

    def _draw(self, targets: Targets) -> Tensor:
        """Numbers `(N, m)` of images of other classes; of a set of a single class, of any."""
        strange = (self.labels[None] != self.labels[targets.indices][:, None]).float()
        strange = torch.where(strange.any(1, keepdim=True), strange, 1.0)
        return torch.multinomial(strange, self.negatives, replacement=True)

    def _scores(self, memory: Tensor, rows: Tensor, embedded: Tensor, side: int) -> Tensor:
        """`exp(<m, v> / tau) / Z`, `(N, m + 1)`."""
        scores = torch.einsum("nkd,nd->nk", memory[rows].clone(), embedded).div(TEMPERATURE).exp()
        if not bool(self.normalizers[side]):
            self.normalizers[side] = scores.detach().mean() * len(self.labels)
        return scores / self.normalizers[side].clone()

    @torch.no_grad()
    def _remember(self, indices: Tensor, own: Tensor, other: Tensor) -> None:
        for memory, fresh in ((self.student_memory, own), (self.teacher_memory, other)):
            memory[indices] = F.normalize(MOMENTUM * memory[indices] + (1 - MOMENTUM) * fresh, dim=1)
