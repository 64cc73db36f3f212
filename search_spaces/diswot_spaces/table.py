"""The table of search spaces, and what is asked of those that others bring."""

from __future__ import annotations

import re
from collections.abc import Hashable

from diswot_spaces.base import SearchSpace
from diswot_spaces.cifar_resnet import CifarResNets
from diswot_spaces.errors import InputError
from diswot_spaces.mobilenetv2 import MobileNetV2
from diswot_spaces.nasbench201 import NASBench201
from diswot_spaces.registry import Registry

_NAME = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")


def _space(found: object) -> SearchSpace:
    """A space that is given as such, or as a class that needs no arguments.

    Raises:
        InputError: it is none, or lacks what a space must have.
    """
    space = found() if isinstance(found, type) and issubclass(found, SearchSpace) else found
    if not isinstance(space, SearchSpace):
        raise InputError(f"a search space is a SearchSpace or a subclass of it, not {found!r}")
    kind, name, options = type(space).__qualname__, getattr(space, "name", None), getattr(space, "options", ())
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(f"{kind} needs a name of letters and digits, with single . _ - between them, not {name!r}")
    if not options or not all(options):
        raise InputError(f"{kind} needs options: at least one decision, and at least one option for each")
    if not isinstance(space, Hashable):
        raise InputError(f"{kind} cannot be hashed, which caches need; a dataclass needs frozen=True for that")
    if space.monotone and type(space).is_valid is not SearchSpace.is_valid:
        raise InputError(f"{kind} declares its options to be monotone, so that all combinations must be valid")
    return space


SPACES: Registry[SearchSpace] = Registry(
    "search space",
    "diswot.spaces",
    {space.name: space for space in (NASBench201(), CifarResNets(), MobileNetV2())},
    _space,
)
"""The search spaces, by name."""


def get_space(space: str | SearchSpace | type[SearchSpace]) -> SearchSpace:
    """A space by its name or its import path `package.module:Name`, or as it is given.

    Raises:
        UnknownName: lists the valid names.
        InputError: what was given or what the import path names is no search space, or an incomplete one.
    """
    return SPACES.find(space)
