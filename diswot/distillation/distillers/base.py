"""What a distiller sees, and what it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a network shows of N images.

    Attributes:
        logits: `(N, K)`.
        features: `(N, F)`, what its linear classifier head reads; `None` for a network without one.
        maps: the last feature map `(N, C, H, W)` of each resolution, from large to small.
    """

    logits: Tensor
    features: Tensor | None = None
    maps: tuple[Tensor, ...] = ()

    def detached(self) -> Outputs:
        """The same as constants."""
        features = None if self.features is None else self.features.detach()
        return Outputs(self.logits.detach(), features, tuple(one.detach() for one in self.maps))


@dataclass(frozen=True, slots=True)
class Targets:
    """What is known of N images.

    Attributes:
        labels: `(N,)` int64; of mixed images, that of the larger part.
        probabilities: `(N, K)`, the labels as they are trained on: smoothed and mixed.
        indices: `(N,)` int64, the numbers of the images in the training set.
        epoch: epochs that have passed, with the part of the present one that is over.
    """

    labels: Tensor
    probabilities: Tensor
    indices: Tensor
    epoch: float = 0.0


@dataclass(frozen=True, slots=True)
class Pair:
    """What a distiller is made for: what student and teacher show of two images, and the task.

    Attributes:
        student: of two images.
        teacher: likewise; of a job without a teacher, the student's.
        labels: `(n,)` int64 of the training images, in the order of their indices.
        num_classes: K.
        epochs: that the training takes.
    """

    student: Outputs
    teacher: Outputs
    labels: Tensor
    num_classes: int
    epochs: int

    @property
    def features(self) -> tuple[int, int]:
        """Widths of the features of student and teacher."""
        return width(self.student), width(self.teacher)

    @property
    def maps(self) -> list[tuple[Tensor, Tensor]]:
        """Maps of the student with those of the teacher: the last with the last, and so on upwards."""
        return matched(self.student.maps, self.teacher.maps)


def features(outputs: Outputs) -> Tensor:
    """The features `(N, F)` of a network that shows them; jobs refuse others."""
    assert outputs.features is not None
    return outputs.features


def width(outputs: Outputs) -> int:
    """F, the width of the features."""
    return features(outputs).shape[1]


def matched(student: tuple[Tensor, ...], teacher: tuple[Tensor, ...]) -> list[tuple[Tensor, Tensor]]:
    """Maps of two networks, the last with the last; what one of them has more in front is left out."""
    return list(zip(reversed(student), reversed(teacher), strict=False))[::-1]


class Distiller(nn.Module, ABC):
    """A loss of a batch under a teacher; its parameters, such as adapters, are trained with the student and dropped.

    A subclass takes a `Pair`, and what can be set of it by keyword alone.
    """

    @abstractmethod
    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        """The loss, a scalar; the teacher's outputs are constants, in float32 as the student's."""

    def prepare(self, batches: Iterable[tuple[Outputs, Targets]]) -> None:
        """Look at the teacher's outputs of every training image once, unvaried, before training; by default, do not.

        What is learned there belongs into buffers: a training that is resumed does not come here again.
        """


def warmed_up(epoch: float, epochs: int) -> float:
    """A factor that rises from 0 to 1 over the first twelfth of a training: 20 of 240 epochs."""
    return min(1.0, 12 * epoch / epochs)
