"""What can be searched: spaces as pure Python, and their networks beside them in `search_spaces.networks`."""

from search_spaces.architecture import CIFAR, Architecture, Shape
from search_spaces.base import SearchSpace
from search_spaces.costs import Bounds, Costs
from search_spaces.registry import Registry
from search_spaces.table import SPACES, get_space

__all__ = ["CIFAR", "SPACES", "Architecture", "Bounds", "Costs", "Registry", "SearchSpace", "Shape", "get_space"]
