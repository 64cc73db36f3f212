"""The teacher beside the recommended student, as a document."""

from __future__ import annotations

from typing import Literal

from diswot.report.document import Document
from diswot.report.student import Student
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.costs import teacher_costs


class TeacherRecord(Document):
    """What the teacher costs, and by how much the recommended student is smaller.

    Attributes:
        params: trainable parameters; `null`, as the figures that follow from it, where they could not be counted.
        macs: multiply-accumulates for one image.
        compression: parameters of the teacher for each one of the student; below 1 the student is the larger one.
        macs_ratio: multiply-accumulates of the teacher for each one of the student.
        weights: `random`, `file` for those of a file, or `given` for a network that was given with its own.
        unused_weights: tag of trained weights in the teacher's name, which are not used: nothing is downloaded.
    """

    params: int | None
    macs: int | None
    compression: float | None
    macs_ratio: float | None
    weights: Literal["random", "file", "given"]
    unused_weights: str | None


def make_teacher(spec: TeacherSpec, student: Student) -> TeacherRecord:
    """The record of a teacher beside a student."""
    costs = teacher_costs(spec)
    params, macs = (None, None) if costs is None else (costs.params, costs.macs)
    return TeacherRecord(
        params=params,
        macs=macs,
        compression=params and round(params / student.params, 3),
        macs_ratio=macs and round(macs / student.macs, 3),
        weights=weights_of(spec),
        unused_weights=None if spec.weights is not None else spec.tag,
    )


def weights_of(spec: TeacherSpec) -> Literal["random", "file", "given"]:
    """Where a teacher's weights come from."""
    if spec.weights is not None:
        return "file"
    return "random" if spec.family.module is None else "given"
