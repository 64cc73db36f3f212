"""The images of a job: to train on, to choose the best epoch on, and to judge by once."""

from __future__ import annotations

from dataclasses import dataclass

from diswot.data.images import ImageSet
from diswot.data.splits import read_splits
from diswot.data.training import LabelledImages, class_name, draw_some, gather, split_off
from diswot.distillation.inputs import Statistics, pixel_statistics
from diswot.errors import InputError, UnreadableData
from diswot.spec.distillation import DistillSpec
from diswot_spaces import Shape


@dataclass(frozen=True)
class JobData:
    """The parts of a data set as a job uses them.

    Attributes:
        train: images to train on.
        valid: images that the best epoch is chosen on, none of which is trained on.
        test: images that are looked at once, when a training is over.
        statistics: mean and deviation of the pixels of `train`.
        names: of the classes.
    """

    train: LabelledImages
    valid: LabelledImages
    test: LabelledImages
    statistics: Statistics
    names: tuple[str, ...]


def load_data(spec: DistillSpec) -> JobData:
    """Read, split and, where they are small, decode the images of a job; the split is that of the first seed.

    Raises:
        UnreadableData: missing or damaged files, or a class without images.
        InputError: the classes are not those of the networks, or too few images to split.
    """
    found = read_splits(spec.data.kind, spec.data.path)
    first = check_classes(found.train, spec.teacher.num_classes)
    shape = joint_shape(spec.teacher.in_shape, spec.student_input)
    drawn = draw_some(found.train, spec.data.train_images, spec.seed)
    some = gather(drawn, shape, first, skip_corrupt=spec.data.skip_corrupt)
    train, valid = split_off(some, spec.data.valid_share, spec.seed)
    test = gather(found.test, shape, first, skip_corrupt=spec.data.skip_corrupt)
    if len(train) < 2:
        raise InputError(f"{found.train.title} leaves {len(train)} image to train on; give more images")
    names = tuple(found.train.names) or tuple(str(label) for label in sorted(found.train.classes))
    return JobData(train, valid, test, pixel_statistics(train), names)


def joint_shape(teacher: Shape, student: Shape) -> Shape:
    """The shape in which images are prepared: what the larger of two networks takes; the other's is made of it."""
    return max(teacher[0], student[0]), max(teacher[1], student[1]), max(teacher[2], student[2])


def check_classes(train: ImageSet[object], num_classes: int) -> int:
    """The label of class 0, of a data set with the classes that networks tell apart.

    Raises:
        InputError: the classes are more or fewer.
        UnreadableData: one of them has no image.
    """
    labels = sorted(train.classes)
    first, count = labels[0], labels[-1] - labels[0] + 1
    if labels[-1] < num_classes:
        first, count = 0, max(labels[-1] + 1, len(train.names))
    if count != num_classes:
        raise InputError(
            f"{train.title} has {count} classes, and teacher and student tell {num_classes} apart; "
            f"give --classes {count}"
        )
    for label in range(first, first + count):
        if label not in train.classes:
            raise UnreadableData(f"{train.title} has no image of class {class_name(train, label)}")
    return first
