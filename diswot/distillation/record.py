"""Documents of a job: what a training came to, and what the trainings of a job say together."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final, Literal

from pydantic import ConfigDict, Field

from diswot.distillation.judging import Judgement
from diswot.report.document import Document
from diswot.spec.distillation import DistillSpec

SCHEMA: Final = 1
"""Of the report: raised when it changes."""


class EpochRecord(Document):
    """An epoch of a training; see `diswot.distillation.loop.Epoch`."""

    epoch: int
    learning_rate: float
    parts: dict[str, float]
    train_accuracy: float
    valid_accuracy: float
    valid_cross_entropy: float
    images_per_second: float


class TrainingRecord(Document):
    """A training that is over.

    Attributes:
        kind: `teacher`, `distilled`, `alone` or `plain`.
        seed: of its weights and order.
        network: that was trained.
        distiller: losses beside the cross-entropy.
        params: trainable parameters of the network.
        macs: its multiply-accumulates for one image.
        best_epoch: whose weights validated best, and are kept.
        best: those weights on the test images.
        last: the weights of the last epoch on the test images.
        seconds: that training took.
        history: of its epochs.
    """

    kind: str
    seed: int
    network: str
    distiller: str
    params: int
    macs: int
    best_epoch: int
    best: Judgement
    last: Judgement
    seconds: float
    history: list[EpochRecord]


class Group(Document):
    """The trainings of one kind.

    Attributes:
        kind: as in their records.
        network: that was trained.
        distiller: losses beside the cross-entropy.
        params: trainable parameters.
        macs: multiply-accumulates for one image.
        seeds: number of trainings.
        accuracy: mean over them of the test accuracy of the best epoch.
        spread: their standard deviation; `null` for a single one.
        last_accuracy: mean test accuracy of the last epoch.
        ece: mean calibration error.
        agreement: mean share of test images of which teacher and student say the same.
    """

    kind: str
    network: str
    distiller: str
    params: int
    macs: int
    seeds: int
    accuracy: float
    spread: float | None
    last_accuracy: float
    ece: float
    agreement: float | None


class DistillReport(Document):
    """What a distillation came to, version 1.

    Attributes:
        schema_: version of this document, written as `schema`.
        spec: what was asked, with every default filled in.
        classes: their names.
        images: number of images by part: `train`, `valid`, `test`.
        teacher: what the teacher does on the test images; `null` for distillers without one.
        groups: the trainings by kind.
        student: name of the training whose weights are the student, of the seed that validated best.
        trainings: all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)

    schema_: Literal[1] = Field(default=SCHEMA, alias="schema")
    spec: DistillSpec
    classes: list[str]
    images: dict[str, int]
    teacher: Judgement | None
    groups: list[Group]
    student: str
    trainings: list[TrainingRecord]

    def group(self, kind: str) -> Group:
        """The trainings of a kind; raises `KeyError` where there are none."""
        return {one.kind: one for one in self.groups}[kind]

    @property
    def accuracy(self) -> float:
        """Mean test accuracy of the distilled student."""
        return self.group("distilled").accuracy

    def __repr__(self) -> str:
        """What a person at a prompt wants to know."""
        lines = [f"{one.kind}: {said(one)} ({one.network}, {one.params:,} parameters)" for one in self.groups]
        first = [] if self.teacher is None else [f"teacher {self.spec.teacher.name}: {self.teacher.accuracy:.2%}"]
        return "; ".join([*first, *lines])

    __str__ = __repr__


def said(group: Group) -> str:
    """The accuracy of a group with its spread."""
    spread = "" if group.spread is None else f" ± {100 * group.spread:.2f}"
    return f"{group.accuracy:.2%}{spread}"


def grouped(trainings: Sequence[TrainingRecord]) -> list[Group]:
    """The trainings by kind, in the order in which they come."""
    kinds = dict.fromkeys(one.kind for one in trainings)
    return [_group([one for one in trainings if one.kind == kind]) for kind in kinds]


def _group(trainings: Sequence[TrainingRecord]) -> Group:
    first = trainings[0]
    accuracies = [one.best.accuracy for one in trainings]
    agreements = [one.best.agreement for one in trainings if one.best.agreement is not None]
    return Group(
        kind=first.kind,
        network=first.network,
        distiller=first.distiller,
        params=first.params,
        macs=first.macs,
        seeds=len(trainings),
        accuracy=statistics.fmean(accuracies),
        spread=statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        last_accuracy=statistics.fmean(one.last.accuracy for one in trainings),
        ece=statistics.fmean(one.best.ece for one in trainings),
        agreement=statistics.fmean(agreements) if agreements else None,
    )
