"""The table of teachers; free of torch."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from diswot.errors import InputError, UnknownName
from diswot.teachers.family import TeacherFamily
from diswot.teachers.given import family_of
from diswot_spaces import SPACES, Architecture, Registry, SearchSpace, get_space

LARGEST = "largest"
"""What stands for the architecture that takes the last option everywhere."""


def _family(found: object) -> TeacherFamily:
    """A family that is given as such, or as a network, or as what makes one."""
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
            f"resnet{size}": TeacherFamily(
                f"resnet{size}",
                f"CIFAR ResNet of {size.removesuffix('x4')} layers" + ", four times as wide" * size.endswith("x4"),
                "diswot.teachers.cifar:cifar_resnet",
                costs=None if size.endswith("x4") else "diswot.teachers.formulas:cifar_resnet",
                public_names="diswot.teachers.names:public_resnet",
            )
            for size in ("8", "14", "20", "32", "44", "56", "110", "8x4", "32x4")
        },
        "resnet50": TeacherFamily(
            "resnet50",
            "ResNet of 50 layers in bottlenecks, for small images",
            "diswot.teachers.cifar:bottleneck_resnet",
        ),
        **{
            f"wrn-{depth}-{factor}": TeacherFamily(
                f"wrn-{depth}-{factor}",
                f"Wide ResNet of {depth} layers, {'twice' if factor == 2 else 'once'} as wide",
                "diswot.teachers.cifar:wide_resnet",
                costs="diswot.teachers.formulas:wide_resnet",
                public_names="diswot.teachers.names:public_wide_resnet",
            )
            for depth, factor in ((16, 1), (16, 2), (40, 1), (40, 2))
        },
        **{
            f"vgg{depth}": TeacherFamily(
                f"vgg{depth}", f"VGG of {depth} layers with batch norm, for small images", "diswot.teachers.vgg:vgg"
            )
            for depth in (8, 11, 13, 16, 19)
        },
        "mobilenetv2-0.5": TeacherFamily(
            "mobilenetv2-0.5",
            "MobileNetV2 at half width, as distillation papers have it",
            "diswot.teachers.mobilenet:mobilenet_v2",
        ),
        "shufflev1": TeacherFamily(
            "shufflev1", "ShuffleNet 1.0x of three groups, for small images", "diswot.teachers.shufflenet:shufflenet_v1"
        ),
        "shufflev2": TeacherFamily(
            "shufflev2", "ShuffleNet V2 1.0x, for small images", "diswot.teachers.shufflenet:shufflenet_v2"
        ),
        **{space: _of_space(space) for space in SPACES.builtin},
        "timm": TeacherFamily(
            "timm:NAME",
            "a classifier of timm, with random weights; a few need larger images than 3x32x32",
            "diswot.teachers.timm:timm_model",
            draws_own_weights=True,
            tags_weights=True,
            native_input="diswot.teachers.timm:native_input",
            normalization="diswot.teachers.timm:normalization",
        ),
        "torchvision": TeacherFamily(
            "torchvision:NAME",
            "a classifier of torchvision, with random weights; some need larger images than 3x32x32",
            "diswot.teachers.torchvision:torchvision_model",
            draws_own_weights=True,
            native_input="diswot.teachers.torchvision:native_input",
            normalization="diswot.teachers.torchvision:normalization",
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
