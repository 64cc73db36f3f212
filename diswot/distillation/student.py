"""A student that was distilled, from its files: weights, and what it takes to build and to feed it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from diswot.data.splits import read_splits
from diswot.data.training import gather
from diswot.distillation.data import check_classes
from diswot.distillation.folder import ARCHITECTURE, WEIGHTS, read_report, read_spec
from diswot.distillation.inputs import InputFormat
from diswot.distillation.judging import Judgement, judge, predict
from diswot.distillation.networks import candidate
from diswot.distillation.objective import Network
from diswot.distillation.record import DistillReport
from diswot.distillation.tapped import TappedNetwork
from diswot.errors import UnreadableData
from diswot.spec.images import DataSpec
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.weights import load_weights

SCHEMA = 1
"""Of the architecture file: raised when it changes."""


@dataclass(frozen=True)
class DistilledStudent:
    """What a distillation left in its folder.

    Attributes:
        folder: where it is.
        architecture: the content of `student.json`.
    """

    folder: Path
    architecture: dict[str, Any]

    @cached_property
    def report(self) -> DistillReport:
        """What the distillation came to."""
        return read_report(self.folder)

    @cached_property
    def network(self) -> nn.Module:
        """The trained network, in evaluation mode; it takes images that are scaled as `preprocess` does.

        Raises:
            UnreadableData: the weights are damaged, or of another architecture.
        """
        module = candidate(self._spec).build(0)
        load_weights(module, self.folder / WEIGHTS, f"the student {self._spec.name}")
        return module.eval().requires_grad_(False)

    @property
    def preprocess(self) -> InputFormat:
        """Turns images `(N, C, H, W)` with pixels from 0 to 1 into what the network takes."""
        mean, std = (tuple(self.architecture[name]) for name in ("mean", "std"))
        return InputFormat(self._spec.in_shape, (mean, std))

    def __call__(self, images: Tensor) -> Tensor:
        """Logits `(N, K)` of images `(N, C, H, W)` with pixels from 0 to 1."""
        with torch.inference_mode():
            logits: Tensor = self.network(self.preprocess(images))
        return logits

    def evaluate(self, data: DataSpec | None = None, batch_size: int = 256) -> Judgement:
        """How good it is on the test images of a data set, by default of the one that it was trained on.

        Raises:
            InputError: the data set has other classes.
            UnreadableData: missing or damaged files.
        """
        data = read_spec(self.folder).data if data is None else data
        found = read_splits(data.kind, data.path)
        first = check_classes(found.train, self._spec.num_classes)
        images = gather(found.test, self._shape, first, skip_corrupt=data.skip_corrupt)
        example = torch.zeros(2, *self._spec.in_shape)
        network = Network(TappedNetwork(self.network, example, features=False), self.preprocess)
        return judge(predict(network, images, batch_size))

    @property
    def _spec(self) -> TeacherSpec:
        found = self.architecture
        return TeacherSpec(found["network"], found["num_classes"], tuple(found["in_shape"]))

    @property
    def _shape(self) -> tuple[int, int, int]:
        """The shape in which images are prepared, as they were for training."""
        channels, height, width = self.architecture["prepared_shape"]
        return channels, height, width


def load_student(folder: Path) -> DistilledStudent:
    """The student in the folder of a distillation.

    Raises:
        UnreadableData: there is none, or its file is damaged or of another version.
    """
    path = folder / ARCHITECTURE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        schema = found["schema"]
    except FileNotFoundError:
        raise UnreadableData(f"{str(folder)!r} holds no distilled student: it has no {ARCHITECTURE}") from None
    except (KeyError, TypeError, ValueError):
        raise UnreadableData(f"{str(path)!r} is damaged") from None
    if schema != SCHEMA:
        raise UnreadableData(f"{str(path)!r} has schema {schema!r}, and this diswot reads schema {SCHEMA}")
    return DistilledStudent(folder, found)
