"""A space whose formulas are wrong."""

from diswot.testing import ToySpace
from diswot_spaces import CIFAR, Architecture, Costs, Shape


class Wrong(ToySpace):
    """It says of each network that it costs nothing."""

    name = "wrong"

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Nothing."""
        return Costs(0, 0, 0, 0)
