"""MobileNetV2 students for 32 x 32 images: seven stages of inverted residuals whose widths grow.

Blocks of Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018; the space of Trofimov
et al., "Multi-Fidelity Neural Architecture Search With Knowledge Distillation", IEEE Access 2023.
"""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from diswot_spaces.architecture import CIFAR, Architecture, Shape, check_input
from diswot_spaces.base import SearchSpace
from diswot_spaces.costs import Costs, alive, classifier, convolution, halved, numbers
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.layers import LayerFactory, fresh

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

STRIDES = (1, 2, 2, 2, 1, 2, 1)
EXPANSIONS = (1, 6, 6, 6, 6, 6, 6)
DEPTHS = (1, 2, 3, 4)
STEM = 32
STEP = 8
FIRST = tuple(range(16, 65, STEP))
GROWTHS = tuple(tuple(range(STEP, STEP * steps + 1, STEP)) for steps in (8, 16, 16, 32, 64, 128, 256))
"""Channels that each following width may add: stages 2 to 7, then the last 1 x 1 convolution."""


class MobileNetV2(SearchSpace):
    """Depths of 1 to 4 and strictly growing widths in steps of 8; strides and expansions as published.

    An architecture is written as JSON: seven stages `[expansion, width, depth, stride]`, then the width of the last
    1 x 1 convolution. The first convolution has 32 channels and stride 1.
    """

    name = "mobilenetv2"
    summary = "MobileNetV2 for small images: depths 1 to 4 and growing widths in seven stages, as JSON"
    options = (*((DEPTHS,) * len(STRIDES)), FIRST, *GROWTHS)
    monotone = True

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture with uniform depths and first width; growth is log-uniform, as in published samples."""
        import numpy as np

        grow = [int(np.exp(rng.uniform(0.0, np.log(len(steps) + 1)))) - 1 for steps in GROWTHS]
        head = [int(rng.integers(len(options))) for options in self.options[: len(STRIDES) + 1]]
        return Architecture(self.name, (*head, *grow))

    def stages(self, arch: Architecture) -> tuple[list[tuple[int, int, int, int]], int]:
        """The stages `(expansion, width, depth, stride)` of `arch`, and the width of its last convolution."""
        values = self.values(arch)
        depths, widths = values[: len(STRIDES)], list(accumulate(values[len(STRIDES) :]))
        return list(zip(EXPANSIONS, widths[:-1], depths, STRIDES, strict=True)), widths[-1]

    def encode(self, arch: Architecture) -> str:
        """Compact JSON, such as `[[1,16,1,1],...,[6,320,1,1],1280]`."""
        stages, last = self.stages(arch)
        return json.dumps([*stages, last], separators=(",", ":"))

    def decode(self, text: str) -> Architecture:
        """The architecture of a JSON string."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise InvalidArchitecture(f"a mobilenetv2 architecture is JSON; {text!r} is not: {error}") from None
        widths, depths = _read(data)
        for i, (narrow, wide) in enumerate(pairwise(widths), 2):
            if wide - narrow not in GROWTHS[i - 2]:
                steps = GROWTHS[i - 2]
                raise InvalidArchitecture(
                    f"width {wide} of stage {i} must exceed the width before it ({narrow}) "
                    f"by a multiple of {STEP} up to {steps[-1]}"
                )
        grow = [steps.index(b - a) for steps, (a, b) in zip(GROWTHS, pairwise(widths), strict=True)]
        return self.arch([*(DEPTHS.index(depth) for depth in depths), FIRST.index(widths[0]), *grow])

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the network."""
        check_input(num_classes, in_shape)
        stages, last = self.stages(arch)
        size = in_shape[1:]
        total = convolution(in_shape[0], STEM, 3, size)
        total += alive(numbers(STEM, size) + numbers(max(STEM, in_shape[0]), size))
        c_in = STEM
        for expansion, width, depth, stride in stages:
            for block in range(depth):
                hidden = c_in * expansion
                if expansion != 1:
                    total += convolution(c_in, hidden, 1, size)
                source, wide = numbers(c_in, size), numbers(hidden, size)
                if stride == 2 and not block:
                    size = halved(size)
                total += convolution(hidden, hidden, 3, size, groups=hidden) + convolution(hidden, width, 1, size)
                kept = source if c_in == width and (stride == 1 or block) else 0
                total += alive(_alive_in_block(source, wide, numbers(hidden, size), numbers(width, size), kept))
                c_in = width
        total += convolution(c_in, last, 1, size) + alive(numbers(last, size) + numbers(max(c_in, last), size))
        return total + classifier(last, size, num_classes)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        """The network of `arch`."""
        from diswot_spaces.networks.mobilenetv2 import InvertedResidualNetwork

        check_input(num_classes, in_shape)
        return InvertedResidualNetwork(STEM, *self.stages(arch), num_classes, in_shape[0], layers)


def _alive_in_block(source: int, wide: int, filtered: int, target: int, kept: int) -> int:
    """Numbers alive at once in an inverted residual, at the peak.

    Args:
        source: numbers that enter the block.
        wide: after the expansion; as many as entered without one.
        filtered: after the depthwise convolution.
        target: that leave the block.
        kept: those of `source` that a shortcut keeps alive to the end, or 0.
    """
    expand = max(source + wide, kept + 2 * wide) if wide != source else 0
    beside = kept if expand else 0  # without an expansion, what is kept is what the depthwise convolution reads
    return max(
        expand,
        beside + wide + filtered,
        kept + filtered + max(filtered, target),
        kept + 2 * target,
    )


def _read(data: Any) -> tuple[list[int], list[int]]:
    """Widths (the last convolution's included) and depths of parsed JSON, each checked against what is fixed."""
    if not isinstance(data, list) or len(data) != len(STRIDES) + 1:
        raise InvalidArchitecture(f"a mobilenetv2 architecture is {len(STRIDES)} stages and a last width, not {data!r}")
    for i, (stage, expansion, stride) in enumerate(zip(data, EXPANSIONS, STRIDES, strict=False), 1):
        if not (isinstance(stage, list) and len(stage) == 4 and all(type(value) is int for value in stage)):
            raise InvalidArchitecture(
                f"stage {i} must be four whole numbers [expansion, width, depth, stride], not {stage!r}"
            )
        if (stage[0], stage[3]) != (expansion, stride):
            raise InvalidArchitecture(
                f"stage {i} has expansion {expansion} and stride {stride}, not {stage[0]} and {stage[3]}"
            )
        if stage[2] not in DEPTHS:
            raise InvalidArchitecture(f"depth {stage[2]} of stage {i} is not one of {', '.join(map(str, DEPTHS))}")
    if type(data[-1]) is not int:
        raise InvalidArchitecture(f"the last width must be a whole number, not {data[-1]!r}")
    if data[0][1] not in FIRST:
        raise InvalidArchitecture(f"width {data[0][1]} of stage 1 is not one of {', '.join(map(str, FIRST))}")
    return [*(stage[1] for stage in data[:-1]), data[-1]], [stage[2] for stage in data[:-1]]
