"""What a training minimizes: a batch becomes a loss and its parts. The loop knows no more of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.data.training import Batch
from diswot.distillation.distillers.base import Distiller, Outputs, Targets
from diswot.distillation.inputs import InputFormat
from diswot.distillation.tapped import TappedNetwork

HARD = "cross-entropy"
"""Name of the part that looks at labels alone."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss of a batch.

    Attributes:
        loss: the sum that is minimized, a scalar.
        parts: what each term adds to it, constants.
        correct: images of the batch whose label the student says.
    """

    loss: Tensor
    parts: dict[str, Tensor]
    correct: Tensor


class Network(nn.Module):
    """A network with the form of its input in front of it."""

    def __init__(self, tapped: TappedNetwork, inputs: InputFormat) -> None:
        super().__init__()
        self.tapped, self.inputs = tapped, inputs

    def forward(self, images: Tensor) -> Outputs:
        """What it shows of images `(N, C, H, W)` with pixels from 0 to 1."""
        shown: Outputs = self.tapped(self.inputs(images))
        return shown


class Objective(nn.Module):
    """Cross-entropy with the labels, and the losses of distillers, each with its weight.

    The teacher is in evaluation mode and gets no gradient.

    Args:
        student: to be trained.
        teacher: `None` where no distiller looks at one.
        distillers: with names and weights.
        hard_weight: of the cross-entropy.
    """

    def __init__(
        self,
        student: Network,
        teacher: Network | None,
        distillers: Sequence[tuple[str, float, Distiller]],
        hard_weight: float,
    ) -> None:
        super().__init__()
        self.student = student
        self.teacher = None if teacher is None else teacher.eval().requires_grad_(False)
        self.distillers = nn.ModuleDict({name.replace(".", "/"): one for name, _, one in distillers})
        self.terms = [(name, weight, one) for name, weight, one in distillers]
        self.hard_weight = hard_weight

    def train(self, mode: bool = True) -> Objective:
        """Set the mode of all but the teacher."""
        super().train(mode)
        if self.teacher is not None:
            self.teacher.eval()
        return self

    def forward(self, images: Tensor, targets: Targets, teacher: Outputs | None = None) -> Loss:
        """The loss of images `(N, C, H, W)` with pixels from 0 to 1.

        Args:
            images: of the batch.
            targets: what is known of them.
            teacher: what the teacher shows of them, where that is known.
        """
        shown = in_float32(self.student(images))
        seen = shown.detached() if teacher is None and self.teacher is None else teacher or self.look(images)
        parts = {}
        if self.hard_weight:
            parts[HARD] = self.hard_weight * F.cross_entropy(shown.logits, targets.probabilities)
        with torch.autocast(images.device.type, enabled=False):
            for name, weight, distiller in self.terms:
                parts[name] = (weight * distiller(shown, seen, targets)).float()
        loss = torch.stack(list(parts.values())).sum()
        correct = (shown.logits.argmax(1) == targets.labels).sum()
        return Loss(loss, {name: part.detach() for name, part in parts.items()}, correct)

    @torch.no_grad()
    def look(self, images: Tensor) -> Outputs:
        """What the teacher shows of images."""
        assert self.teacher is not None
        return in_float32(self.teacher(images))

    def trained(self) -> Iterator[nn.Parameter]:
        """What the optimizer changes: the student, and what distillers bring along."""
        yield from self.student.parameters()
        yield from self.distillers.parameters()


def in_float32(outputs: Outputs) -> Outputs:
    """The same in float32, whatever the networks compute in."""
    features = None if outputs.features is None else outputs.features.float()
    return Outputs(outputs.logits.float(), features, tuple(one.float() for one in outputs.maps))


def as_targets(batch: Batch, num_classes: int, smoothing: float, epoch: float) -> Targets:
    """The targets of a batch whose images are whole."""
    hard = F.one_hot(batch.labels, num_classes).float()
    return Targets(batch.labels, smoothed(hard, smoothing), batch.indices, epoch)


def smoothed(probabilities: Tensor, share: float) -> Tensor:
    """Probabilities `(N, K)` of which a share is spread over all classes.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016, section 7.
    """
    return probabilities * (1 - share) + share / probabilities.shape[1]
