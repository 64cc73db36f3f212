"""The table of teachers; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces import SPACES, Architecture, get_space

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
        native_input: where the function is that knows for what images a teacher was made, as `module:function` of its
            argument.
        public_names: where the function is that knows the parameters' names in other people's code, as
            `module:function` of the teacher's name.
    """

    form: str
    summary: str
    builder: str
    draws_own_weights: bool = False
    of_space: bool = False
    native_input: str | None = None
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
    "timm": TeacherFamily(
        "timm:NAME",
        "any classifier that timm can build",
        "diswot.teachers.timm:timm_model",
        True,
        native_input="diswot.teachers.timm:native_input",
    ),
}


def architecture_of(name: str) -> Architecture:
    """The canonical architecture that a teacher `SPACE:ARCH` or `SPACE:largest` is.

    Raises:
        UnknownName: no such space.
        InvalidArchitecture: says where the architecture goes wrong.
    """
    key, _, text = name.partition(":")
    space = get_space(key)
    return space.largest if text == LARGEST else space.canonical(space.decode(text))
