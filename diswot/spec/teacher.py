"""What a teacher is called; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from diswot.errors import InputError
from diswot.quantities import SHAPE, write_shape
from diswot.spec.option import Option, complete
from diswot.teachers.family import TeacherFamily
from diswot.teachers.spec import TEACHERS, architecture_of, find_teacher
from diswot.teachers.weight_files import weights_format
from diswot_spaces import CIFAR, Shape

MAX_SIDE = 4_096
"""Greatest number of channels, rows or columns of an image."""


@dataclass(frozen=True, slots=True)
class TeacherSpec:
    """Which teacher, for which task.

    The name is as in `TEACHERS`, such as `"resnet56"`, `"mobilenetv2:largest"` or `"timm:resnet18"`; the import path
    `package.module:name` of a network of yours or of what makes one; or these as objects, of which the spec keeps the
    name that they then have in this process. Without weights the teacher is drawn at random. Where feature map and head
    are is found while images run through it, unless their modules are named: `diswot teachers show NAME` tells.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    name: Annotated[str, Option("Name of the teacher network; `diswot teachers` lists the names.", flag="teacher")]
    num_classes: Annotated[int, Option("Number of classes of the task.", 1, 100_000, flag="classes")] = 100
    in_shape: Annotated[
        Shape,
        Option("Shape of the images, written CHANNELSxHEIGHTxWIDTH.", 1, MAX_SIDE, flag="input", quantity=SHAPE),
    ] = CIFAR
    weights: Annotated[
        Path | None,
        Option("File of trained weights of the teacher, written by safetensors or by torch.save.", local=True),
    ] = None
    map_path: Annotated[
        str | None,
        Option("Module of the teacher whose output is its last feature map, by path.", flag="teacher-map"),
    ] = None
    head_path: Annotated[
        str | None,
        Option("Module of the teacher whose input are its pooled features, by path.", flag="teacher-head"),
    ] = None

    def __post_init__(self) -> None:
        """Check what can be checked without building anything.

        Raises:
            UnknownName: lists the valid teachers.
            InputError: class count, input shape, or a name without its argument.
        """
        object.__setattr__(self, "name", TEACHERS.name_of(self.name))
        complete(self)
        self._check_shape()
        if self.family.of_space:
            architecture_of(self.name)
        if self.weights is not None:
            self._find_weights(self.weights)

    def check(self) -> None:
        """Raise `InputError` or `UnreadableData` if the weights are not on this machine, or the file holds none."""
        if self.weights is not None:
            weights_format(self.weights)

    def _find_weights(self, path: Path) -> None:
        """Take `~` for the user's home."""
        try:
            object.__setattr__(self, "weights", path.expanduser())
        except RuntimeError as error:
            raise InputError(f"weights {str(path)!r} start in no user's home: {error}") from error

    def _check_shape(self) -> None:
        """Refuse images that are told with their channels last, as other libraries have them."""
        if len(self.in_shape) != 3:
            raise InputError(f"input must be three whole numbers (channels, height, width), not {self.in_shape}")
        first, second, last = self.in_shape
        if last in (1, 3, 4) and min(first, second) >= 8:
            meant = write_shape((last, first, second))
            raise InputError(
                f"input {write_shape(self.in_shape)} looks like HEIGHTxWIDTHxCHANNELS; "
                f"channels come first here: write {meant}"
            )

    @property
    def family(self) -> TeacherFamily:
        """The family that this teacher belongs to."""
        return find_teacher(self.name)[0]

    @property
    def title(self) -> str:
        """Which network, for messages."""
        return f"{self.name} with {self.num_classes} classes"

    @property
    def argument(self) -> str:
        """What the family's builder is called with."""
        return find_teacher(self.name)[1]

    @property
    def tag(self) -> str | None:
        """The tag of trained weights that the name carries, as timm's do behind a dot; they are never downloaded."""
        family, argument = find_teacher(self.name)
        return (argument.partition(".")[2] or None) if family.tags_weights else None

    @property
    def seed_name(self) -> str:
        """What random weights by a recipe of its own depend on beside the seed, however the teacher was named."""
        family, argument = find_teacher(self.name)
        return f"{family.name}:{argument}" if ":" in family.form else family.name

    @property
    def is_trained(self) -> bool:
        """Whether it has weights of its own, by a file or as it was given, rather than random ones by seed."""
        return self.weights is not None or self.family.module is not None
