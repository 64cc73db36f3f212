"""What a distillation is asked to do; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

from diswot.distillation.expression import parse_terms
from diswot.errors import InputError
from diswot.quantities import SHAPE
from diswot.runtime.devices import devices, is_available
from diswot.spec.images import DataSpec
from diswot.spec.option import AUTO, Option, complete
from diswot.spec.recipe import RecipeSpec
from diswot.spec.teacher import MAX_SIDE, TeacherSpec
from diswot.teachers.spec import TEACHERS
from diswot_spaces import Shape

COMPARISONS = ("none", "alone", "plain", "both")
"""What a distilled student stands beside: nothing, itself trained alone, a plain student of equal size, or both."""
NORMALIZATIONS = ("data", "imagenet", "half", "none")
"""What pixels are scaled to: mean 0 and deviation 1 by the training images or by ImageNet's, to -1..1, or not."""

_normalization = "How the pixels are scaled that the {} sees."


@dataclass(frozen=True, slots=True)
class DistillSpec:
    """One distillation, in full: two with equal specs give equal weights, on one kind of machine with one thread."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    teacher: TeacherSpec
    student: Annotated[str, Option("Student network, SPACE:ARCH or another name that `diswot teachers` lists.")]
    data: DataSpec = field(default_factory=DataSpec)
    distiller: Annotated[
        str,
        Option("Distillation losses, such as kd, at, 'kd + 1000*at'; `diswot distillers` lists them."),
    ] = "kd"
    hard_weight: Annotated[
        float | None,
        Option(
            "Weight of the cross-entropy with the labels.",
            0,
            10**6,
            default="as the distiller's authors have it",
        ),
    ] = None
    recipe: RecipeSpec = field(default_factory=RecipeSpec)
    train_teacher: Annotated[
        bool, Option("Whether the teacher is trained first, with the same recipe; one without weights has to be.")
    ] = False
    cache_teacher: Annotated[
        int | None,
        Option(
            "Number of augmentations of each image whose teacher logits are kept on disk and used again.",
            1,
            10_000,
            default="none are kept",
        ),
    ] = None
    student_input: Annotated[
        Shape,
        Option(
            "Shape of the images that the student takes.",
            1,
            MAX_SIDE,
            quantity=SHAPE,
            derive=lambda spec: spec.teacher.in_shape,
            default="the teacher's",
        ),
    ] = AUTO
    teacher_normalization: Annotated[str, Option(_normalization.format("teacher"), choices=NORMALIZATIONS)] = "data"
    student_normalization: Annotated[str, Option(_normalization.format("student"), choices=NORMALIZATIONS)] = "data"
    compare: Annotated[
        str,
        Option(
            "What the student is compared with: itself trained alone, a plain student of equal parameters, or both.",
            choices=COMPARISONS,
        ),
    ] = "none"
    seeds: Annotated[int, Option("Number of trainings of each student, one for each seed.", 1, 1_000)] = 1
    seed: Annotated[int, Option("First seed; the same seed gives the same weights.", 0, 2**62)] = 0
    device: Annotated[str, Option("Device to train on: cpu, cuda or cuda:N.")] = "cpu"

    def __post_init__(self) -> None:
        """Check everything that can be checked before work starts.

        Raises:
            InputError: with one sentence.
        """
        object.__setattr__(self, "student", TEACHERS.name_of(self.student))
        complete(self)
        parse_terms(self.distiller)
        _ = self.student_network
        if not self.train_teacher and not self.teacher.is_trained and self.needs_teacher:
            raise InputError(
                f"teacher {self.teacher.name} has no trained weights; give --teacher-weights FILE, "
                "or train it first with --train-teacher"
            )
        if self.train_teacher and self.teacher.is_trained:
            raise InputError(f"teacher {self.teacher.name} has weights already; leave out --train-teacher")
        if self.cache_teacher is not None and (self.recipe.mixup or self.recipe.cutmix):
            raise InputError("kept teacher logits are of single images; leave out mixup and cutmix, or --cache-teacher")
        if self.device != "cpu" and not is_available(self.device):
            raise InputError(f"device {self.device!r} is not available; this machine has {', '.join(devices())}")

    @property
    def needs_teacher(self) -> bool:
        """Whether any of the distillers looks at a teacher."""
        return any(term.row.teacher for term in parse_terms(self.distiller))

    @property
    def student_network(self) -> TeacherSpec:
        """The student as a network of the tables, for its task."""
        return replace(self.teacher, name=self.student, in_shape=self.student_input, weights=None)

    def check(self) -> None:
        """Raise `InputError` or `UnreadableData` if this machine lacks something that is asked for, such as a file."""
        self.teacher.check()
