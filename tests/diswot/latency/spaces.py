"""A space for the latency tests; a module of its own, since the measuring process imports it."""

from __future__ import annotations

import os
import signal
import time

from torch import nn

from diswot_spaces import CIFAR, Architecture, Costs, SearchSpace, Shape, get_space
from diswot_spaces.architecture import check_input
from diswot_spaces.layers import LayerFactory, fresh

KINDS = ("good", "raises", "dies", "hangs")
GOOD, RAISES, DIES, HANGS = (Architecture("moody", (kind,)) for kind in range(len(KINDS)))


class MoodySpace(SearchSpace):
    """A good network, one that raises, one that kills its process, and one that hangs."""

    name = "moody"
    summary = "for tests"
    options = (KINDS,)

    def encode(self, arch: Architecture) -> str:
        return str(self.values(arch)[0])

    def decode(self, text: str) -> Architecture:
        return self.arch([KINDS.index(text)])

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        check_input(num_classes, in_shape)
        return Costs(1 + arch.choices[0], 1, 1, 1)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        if arch == RAISES:
            raise RuntimeError("no such layer")
        if arch == DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        if arch == HANGS:
            time.sleep(3600)
        space = get_space("cifar-resnet")
        return space.build(space.smallest, num_classes, in_shape, layers)
