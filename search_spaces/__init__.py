"""What can be searched: spaces as pure Python, and their networks beside them in `search_spaces.networks`."""

from search_spaces.base import CIFAR, Architecture, Costs, SearchSpace, Shape
from search_spaces.cifar_resnet import CifarResNets
from search_spaces.errors import UnknownName
from search_spaces.mobilenetv2 import MobileNetV2
from search_spaces.nasbench201 import NASBench201

SPACES: dict[str, SearchSpace] = {space.name: space for space in (NASBench201(), CifarResNets(), MobileNetV2())}


def get_space(name: str) -> SearchSpace:
    """The space of that name.

    Raises:
        UnknownName: lists the valid names.
    """
    if name not in SPACES:
        raise UnknownName("search space", name, SPACES)
    return SPACES[name]


__all__ = ["CIFAR", "SPACES", "Architecture", "Costs", "SearchSpace", "Shape", "get_space"]
