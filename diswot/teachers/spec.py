"""What a teacher is called; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diswot.errors import InputError, UnknownName
from diswot.teachers.weight_files import weights_format
from search_spaces import CIFAR, SPACES, Architecture, Shape, get_space
from search_spaces.base import check_input

LARGEST = "largest"
"""What stands for the architecture that takes the last option everywhere."""


@dataclass(frozen=True, slots=True)
class TeacherFamily:
    """A row of the table of teachers.

    Attributes:
        form: how the name is written, such as `"timm:NAME"`.
        summary: one line for lists.
        builder: where the builder is, as `module:function`; it is called with the part of the name after the colon (or
            the whole name), the class count and the input shape.
        draws_own_weights: whether the builder's network comes with the random weights of its own recipe.
        of_space: whether its teachers are the architectures of a search space; the builder gets the whole name then.
        public_names: where the function is that knows the parameters' names in other people's code, as
            `module:function` of the teacher's name.
    """

    form: str
    summary: str
    builder: str
    draws_own_weights: bool = False
    of_space: bool = False
    public_names: str | None = None


TEACHERS: dict[str, TeacherFamily] = {
    **{
        f"resnet{depth}": TeacherFamily(
            f"resnet{depth}",
            f"CIFAR ResNet of {depth} layers",
            "diswot.teachers.cifar:cifar_resnet",
            public_names="diswot.teachers.names:public_resnet",
        )
        for depth in (20, 32, 44, 56, 110)
    },
    "wrn-40-2": TeacherFamily(
        "wrn-40-2",
        "Wide ResNet of 40 layers, twice as wide",
        "diswot.teachers.cifar:wide_resnet",
        public_names="diswot.teachers.names:public_wide_resnet",
    ),
    **{
        space: TeacherFamily(
            f"{space}:ARCH",
            f"an architecture of the space {space}, or its largest: {space}:{LARGEST}",
            "diswot.teachers.spaces:space_network",
            of_space=True,
        )
        for space in SPACES.builtin
    },
    "timm": TeacherFamily("timm:NAME", "any classifier that timm can build", "diswot.teachers.timm:timm_model", True),
}


@dataclass(frozen=True, slots=True)
class TeacherSpec:
    """Which teacher, for which task.

    Attributes:
        name: as in `TEACHERS`, such as `"resnet56"`, `"mobilenetv2:largest"` or `"timm:resnet18"`.
        num_classes: classes it tells apart.
        in_shape: channels, height, width of its images.
        weights: a file of trained weights, by safetensors or `torch.save`, or none for random ones; `~` is expanded.
    """

    name: str
    num_classes: int = 100
    in_shape: Shape = CIFAR
    weights: Path | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without building anything.

        Raises:
            UnknownName: lists the valid teachers.
            InputError: class count, input shape, or a name without its argument.
            UnreadableData: the file of weights is none.
        """
        check_input(self.num_classes, self.in_shape)
        key, colon, argument = self.name.partition(":")
        if key not in TEACHERS or bool(colon) != (":" in TEACHERS[key].form):
            raise UnknownName("teacher", self.name, (family.form for family in TEACHERS.values()))
        if colon and not argument:
            raise InputError(f"teacher {self.name!r} lacks what follows the colon: {TEACHERS[key].form}")
        if self.family.of_space:
            architecture_of(self.name)
        if self.weights is not None:
            self._find_weights(self.weights)

    def _find_weights(self, path: Path) -> None:
        try:
            found = path.expanduser()
        except RuntimeError as error:
            raise InputError(f"weights {str(path)!r} start in no user's home: {error}") from error
        object.__setattr__(self, "weights", found)
        weights_format(found)

    @property
    def family(self) -> TeacherFamily:
        """The row of `TEACHERS` that this teacher belongs to."""
        return TEACHERS[self.name.partition(":")[0]]

    @property
    def title(self) -> str:
        """Which network, for messages."""
        return f"{self.name} with {self.num_classes} classes"

    @property
    def argument(self) -> str:
        """What the family's builder is called with."""
        return self.name if self.family.of_space else self.name.partition(":")[2] or self.name


def architecture_of(name: str) -> Architecture:
    """The canonical architecture that a teacher `SPACE:ARCH` or `SPACE:largest` is.

    Raises:
        UnknownName: no such space.
        InvalidArchitecture: says where the architecture goes wrong.
    """
    key, _, text = name.partition(":")
    space = get_space(key)
    return space.largest if text == LARGEST else space.canonical(space.decode(text))
