"""What can be searched: spaces as pure Python, and their networks beside them in `diswot_spaces.networks`."""

from diswot_spaces.architecture import CIFAR, Architecture, Shape
from diswot_spaces.base import SearchSpace
from diswot_spaces.costs import Bounds, Costs
from diswot_spaces.registry import Registry
from diswot_spaces.table import SPACES, get_space, is_declaration, title_of

__all__ = [
    "CIFAR",
    "SPACES",
    "Architecture",
    "Bounds",
    "Costs",
    "Registry",
    "SearchSpace",
    "Shape",
    "get_space",
    "is_declaration",
    "title_of",
]
