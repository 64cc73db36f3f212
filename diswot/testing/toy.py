"""A space small enough to work out by hand, whose options have no order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diswot_spaces import CIFAR, Architecture, Costs, SearchSpace, Shape
from diswot_spaces.architecture import check_input
from diswot_spaces.costs import alive, classifier, convolution, numbers
from diswot_spaces.layers import LayerFactory, fresh

if TYPE_CHECKING:
    from torch import nn

WIDTHS = (4, 8, 12)
KERNELS = {"conv3x3": 3, "identity": 0, "conv1x1": 1}


class ToySpace(SearchSpace):
    """Three blocks of 4, 8 and 12 channels, each a 3 x 3 convolution, nothing, or a 1 x 1 convolution: 27 networks.

    A 1 x 1 convolution leads to each width. With its batch norm a block of width w has k²w² + 2w parameters:

    | width | conv3x3 | identity | conv1x1 |
    |-------|---------|----------|---------|
    | 4     | 152     | 0        | 24      |
    | 8     | 592     | 0        | 80      |
    | 12    | 1,320   | 0        | 168     |

    So the most parameters of at most `FREE` beyond those of the network without blocks are 24 + 592 + 168 = 784, and
    `OPTIMUM` alone has them: the optimum of the score `params` under the budget `max_params=space.limit(num_classes)`.
    """

    name = "toy"
    summary = "27 networks of three blocks, for tests"
    options = (tuple(KERNELS),) * len(WIDTHS)

    FREE = 800
    OPTIMUM = '["conv1x1","conv3x3","conv1x1"]'

    def limit(self, num_classes: int, in_shape: Shape = CIFAR) -> int:
        """Parameters of the network without blocks, and `FREE` more."""
        nothing = self.arch([options.index("identity") for options in self.options])
        return self.costs(nothing, num_classes, in_shape).params + self.FREE

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the network."""
        check_input(num_classes, in_shape)
        size, c_in = in_shape[1:], in_shape[0]
        total = classifier(WIDTHS[-1], size, num_classes)
        for width, block in zip(WIDTHS, self.values(arch), strict=True):
            for kernel in filter(None, (1, KERNELS[block])):
                total += convolution(c_in, width, kernel, size)
                total += alive(numbers(width, size) + numbers(max(c_in, width), size))
                c_in = width
        return total

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        """The network of `arch`."""
        from torch import nn

        check_input(num_classes, in_shape)
        parts: list[nn.Module] = []
        c_in = in_shape[0]
        for width, block in zip(WIDTHS, self.values(arch), strict=True):
            for kernel in filter(None, (1, KERNELS[block])):
                conv = layers(f"{len(parts)}", nn.Conv2d, c_in, width, kernel, 1, kernel // 2, 1, 1, False)
                parts += [conv, layers(f"{len(parts) + 1}", nn.BatchNorm2d, width), nn.ReLU()]
                c_in = width
        head = layers(f"{len(parts) + 2}", nn.Linear, c_in, num_classes)
        return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
