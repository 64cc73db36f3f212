"""The 64 CIFAR ResNets of DisWOT's first space: 1, 3, 5 or 7 basic blocks in each of three stages.

Dong, Li and Wei, "DisWOT: Student Architecture Search for Distillation WithOut Training", CVPR 2023, space S0;
the blocks are those of He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diswot_spaces.architecture import CIFAR, Architecture, Shape, check_input
from diswot_spaces.base import SearchSpace
from diswot_spaces.costs import Costs, alive, classifier, convolution, halved, numbers
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.layers import LayerFactory, fresh

if TYPE_CHECKING:
    from torch import nn

DEPTHS = (1, 3, 5, 7)
WIDTHS = (16, 32, 64)


class CifarResNets(SearchSpace):
    """Three stages of basic blocks at widths 16, 32 and 64, encoded `d1-d2-d3` by blocks in each stage.

    Where a stage changes width, the shortcut is a 1 x 1 convolution with batch norm, as in the code that trained
    the published students.
    """

    name = "cifar-resnet"
    summary = "64 CIFAR ResNets of the DisWOT paper: 1, 3, 5 or 7 blocks in each of three stages, as 'd1-d2-d3'"
    options = (DEPTHS,) * len(WIDTHS)
    monotone = True

    def encode(self, arch: Architecture) -> str:
        """Blocks in each stage, such as `"3-5-7"`."""
        return "-".join(map(str, self.values(arch)))

    def decode(self, text: str) -> Architecture:
        """The architecture of a string such as `"3-5-7"`."""
        parts = text.split("-")
        if len(parts) != len(WIDTHS):
            raise InvalidArchitecture(f"a cifar-resnet architecture has {len(WIDTHS)} depths 'd1-d2-d3', not {text!r}")
        for stage, part in enumerate(parts, 1):
            if part not in map(str, DEPTHS):
                raise InvalidArchitecture(
                    f"depth {part!r} of stage {stage} in {text!r} is not one of {', '.join(map(str, DEPTHS))}"
                )
        return Architecture(self.name, tuple(DEPTHS.index(int(part)) for part in parts))

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the network, shortcut convolutions included."""
        check_input(num_classes, in_shape)
        return resnet_costs(self.values(arch), num_classes, in_shape)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        """The network of `arch`."""
        from diswot_spaces.networks.cifar_resnet import CifarResNet

        check_input(num_classes, in_shape)
        stages = list(zip(self.values(arch), WIDTHS, strict=True))
        return CifarResNet(stages, num_classes, in_shape[0], layers)


def resnet_costs(depths: Sequence[int], num_classes: int, in_shape: Shape) -> Costs:
    """Costs of three stages with so many basic blocks, shortcut convolutions included."""
    size = in_shape[1:]
    total = convolution(in_shape[0], WIDTHS[0], 3, size)
    source = numbers(WIDTHS[0], size)
    total += alive(source + max(source, numbers(in_shape[0], size)))
    c_in = WIDTHS[0]
    for depth, width in zip(depths, WIDTHS, strict=True):
        if width != c_in:
            size = halved(size)
            total += convolution(c_in, width, 1, size)
        # The shortcut keeps a block's input beside what each of its operations reads and makes.
        target = numbers(width, size)
        total += alive(2 * target + max(source, target))
        source = target
        total += convolution(c_in, width, 3, size) + convolution(width, width, 3, size)
        total += convolution(width, width, 3, size) * (2 * (depth - 1))
        c_in = width
    return total + classifier(c_in, size, num_classes)
