"""What can be searched: spaces as pure Python, and their networks beside them in `search_spaces.networks`."""

from search_spaces.base import CIFAR, Architecture, SearchSpace, Shape
from search_spaces.cifar_resnet import CifarResNets
from search_spaces.costs import Bounds, Costs
from search_spaces.errors import InputError
from search_spaces.mobilenetv2 import MobileNetV2
from search_spaces.nasbench201 import NASBench201
from search_spaces.registry import Registry


def _space(found: object) -> SearchSpace:
    """A space that is given as such, or as a class that needs no arguments."""
    space = found() if isinstance(found, type) and issubclass(found, SearchSpace) else found
    if not isinstance(space, SearchSpace):
        raise InputError(f"a search space is a SearchSpace or a subclass of it, not {found!r}")
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
        InputError: what the import path names is no search space.
    """
    return SPACES.find(space)


__all__ = ["CIFAR", "SPACES", "Architecture", "Bounds", "Costs", "Registry", "SearchSpace", "Shape", "get_space"]
