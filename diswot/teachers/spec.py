"""The table of teachers; free of torch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from diswot.errors import InputError, UnknownName
from diswot_spaces import SPACES, Architecture, Registry, SearchSpace, Shape, get_space

if TYPE_CHECKING:
    from torch import nn

LARGEST = "largest"
"""What stands for the architecture that takes the last option everywhere."""

Builder = Callable[[str, int, Shape], "nn.Module"]
"""Makes the network of a teacher from what follows the colon of its name (or the whole name), the class count and the
input shape."""


@dataclass(frozen=True, slots=True)
class TeacherFamily:
    """A row of the table of teachers.

    Attributes:
        form: how the name is written, such as `"timm:NAME"`.
        summary: one line for lists.
        builder: of the networks, or where that is, as `module:function`.
        draws_own_weights: whether the builder's network comes with the random weights of its own recipe.
        of_space: whether its teachers are the architectures of a search space; the builder gets the whole name then.
        tags_weights: whether what follows a dot in the argument names trained weights.
        native_input: where the function is that knows for what images a teacher was made, as `module:function` of its
            argument.
        costs: where the function is that tells what a teacher costs, as `module:function` of what the builder gets,
            free of torch; without one, the network is laid out to count them.
        public_names: where the function is that knows the parameters' names in other people's code, as
            `module:function` of the teacher's name.
        module: the one network of the family, which keeps the weights that it has; copies of it are observed.
    """

    form: str
    summary: str
    builder: str | Builder
    draws_own_weights: bool = False
    of_space: bool = False
    tags_weights: bool = False
    native_input: str | None = None
    costs: str | None = None
    public_names: str | None = None
    module: nn.Module | None = None

    @property
    def name(self) -> str:
        """What comes before the colon."""
        return self.form.partition(":")[0]

    @property
    def modules(self) -> list[str]:
        """Names of the modules whose code makes its networks."""
        if self.module is not None:
            return sorted({type(layer).__module__ for layer in self.module.modules()})
        if isinstance(self.builder, str):
            return [self.builder.partition(":")[0]]
        return [getattr(self.builder, "__module__", type(self.builder).__module__)]

    @property
    def build(self) -> Builder:
        """The builder itself, imported at first use."""
        return cast("Builder", imported(self.builder)) if isinstance(self.builder, str) else self.builder


def imported(place: str) -> Any:
    """What `module:function` names, for places in our own tables."""
    module, name = place.split(":")
    return getattr(import_module(module), name)


def _family(found: object) -> TeacherFamily:
    """A family that is given as such, or as a network, or as what makes one."""
    from diswot.teachers.given import family_of

    return found if isinstance(found, TeacherFamily) else family_of(found)


def _of_space(space: str) -> TeacherFamily:
    return TeacherFamily(
        f"{space}:ARCH",
        f"an architecture of the space {space}, or its largest: {space}:{LARGEST}",
        "diswot.teachers.spaces:space_network",
        of_space=True,
        costs="diswot.teachers.formulas:space_architecture",
    )


TEACHERS: Registry[TeacherFamily] = Registry(
    "teacher",
    "diswot.teachers",
    {
        **{
            f"resnet{depth}": TeacherFamily(
                f"resnet{depth}",
                f"CIFAR ResNet of {depth} layers",
                "diswot.teachers.cifar:cifar_resnet",
                costs="diswot.teachers.formulas:cifar_resnet",
                public_names="diswot.teachers.names:public_resnet",
            )
            for depth in (20, 32, 44, 56, 110)
        },
        "wrn-40-2": TeacherFamily(
            "wrn-40-2",
            "Wide ResNet of 40 layers, twice as wide",
            "diswot.teachers.cifar:wide_resnet",
            costs="diswot.teachers.formulas:wide_resnet",
            public_names="diswot.teachers.names:public_wide_resnet",
        ),
        **{space: _of_space(space) for space in SPACES.builtin},
        "timm": TeacherFamily(
            "timm:NAME",
            "a classifier of timm, with random weights; a few need larger images than 3x32x32",
            "diswot.teachers.timm:timm_model",
            draws_own_weights=True,
            tags_weights=True,
            native_input="diswot.teachers.timm:native_input",
        ),
    },
    _family,
)
"""The families of teachers, by what comes before the colon of their names."""


def find_teacher(name: str) -> tuple[TeacherFamily, str]:
    """The family of a teacher, and what its builder is called with.

    Args:
        name: as in `TEACHERS`; an architecture `SPACE:ARCH` of any space, also by the space's import path; the import
            path `package.module:name` of a network, of what makes one, or of a family; or the name that an object has.

    Raises:
        UnknownName: lists the valid teachers.
        InputError: what follows the colon is missing, or the import path names no teacher.
    """
    key, colon, argument = name.partition(":")
    if key in TEACHERS.builtin or not colon or key in TEACHERS:
        family = _named(key, name)
        if colon and not argument:
            raise InputError(f"teacher {name!r} lacks what follows the colon: {family.form}")
        return family, name if family.of_space else argument or name
    if key in SPACES:
        return _of_space(key), name
    if not _is_importable(key.partition(".")[0]):
        raise _unknown(name)
    attribute, more, _ = argument.partition(":")
    path = f"{key}:{attribute}"
    return (_of_space(path), name) if more else (TEACHERS.find(path), name)


def _is_importable(package: str) -> bool:
    return package.isidentifier() and (package in sys.modules or find_spec(package) is not None)


def check_is_named(name: str) -> None:
    """Refuse a teacher that is not in the tables: those of strangers, such as clients over HTTP, run no code.

    Raises:
        UnknownName: lists the valid teachers.
    """
    key = name.partition(":")[0]
    if key not in TEACHERS and key not in SPACES:
        raise _unknown(name)


def _named(key: str, name: str) -> TeacherFamily:
    try:
        family = TEACHERS.find(key)
    except UnknownName:
        raise _unknown(name) from None
    if (":" in name) != (":" in family.form):
        raise _unknown(name)
    return family


def _unknown(name: str) -> UnknownName:
    return UnknownName("teacher", name, (family.form for family in TEACHERS.values()))


def architecture_of(name: str) -> tuple[SearchSpace, Architecture]:
    """The space, and the canonical architecture, that a teacher `SPACE:ARCH` or `SPACE:largest` is.

    Raises:
        UnknownName: no such space.
        InvalidArchitecture: says where the architecture goes wrong.
        InputError: the space does not know its largest architecture.
    """
    key, _, text = name.partition(":")
    if key not in SPACES:
        attribute, _, text = text.partition(":")
        key = f"{key}:{attribute}"
    space = get_space(key)
    return space, space.largest if text == LARGEST else space.canonical(space.decode(text))
