"""Teachers that are given as a network, or as what makes one."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from diswot.errors import InputError
from diswot.teachers.family import TeacherFamily
from diswot_spaces import Shape

if TYPE_CHECKING:
    from torch import nn

ARGUMENTS = ("num_classes", "in_shape")
"""What a function that makes a network is called with, as far as it has parameters of these names."""


def family_of(found: object) -> TeacherFamily:
    """The family of one teacher: a network, which keeps its weights, or what makes a network with random weights.

    What makes it is a class or a function with parameters `num_classes` and `in_shape`, or one of them, or none.

    Raises:
        InputError: it is neither.
    """
    if _is_module(found):
        module: nn.Module = found  # type: ignore[assignment]
        return TeacherFamily(type(module).__name__, "a network of yours", _Copies(module), module=module)
    if callable(found):
        name = getattr(found, "__name__", type(found).__name__)
        return TeacherFamily(name, "a network that code of yours makes", _Calls(found), draws_own_weights=True)
    raise InputError(f"a teacher is an nn.Module, what makes one, or a TeacherFamily, not {found!r}")


def _is_module(found: object) -> bool:
    """Whether that is a network; without torch there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(found, torch.nn.Module)


class _Copies:
    """Copies a network, so that observing it leaves the user's own as it is."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __call__(self, name: str, num_classes: int, in_shape: Shape) -> nn.Module:  # noqa: ARG002
        return copy.deepcopy(self.module)


class _Calls:
    """Calls what makes a network with the arguments that it knows."""

    def __init__(self, make: Callable[..., object]) -> None:
        self.make = make
        self.__module__ = getattr(make, "__module__", type(make).__module__)

    def __call__(self, name: str, num_classes: int, in_shape: Shape) -> nn.Module:
        values = dict(zip(ARGUMENTS, (num_classes, in_shape), strict=True))
        module: Any = self.make(**{name: values[name] for name in _known(self.make)})
        if not _is_module(module):
            raise InputError(f"teacher {name!r} makes no nn.Module: it gives {module!r}")
        built: nn.Module = module
        return built


def _known(make: Callable[..., object]) -> list[str]:
    """The arguments that a function takes by name; of one that takes any, the class count, as timm and torchvision."""
    parameters = inspect.signature(make).parameters
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    return [name for name in ARGUMENTS if name in parameters or (takes_any and name == ARGUMENTS[0])]
