"""What the teachers for small images cost, by formula; free of torch."""

from __future__ import annotations

from diswot.teachers.spec import architecture_of
from diswot_spaces import Costs, Shape
from diswot_spaces.cifar_resnet import resnet_costs
from diswot_spaces.costs import alive, batch_norm, classifier, convolution, halved, numbers


def cifar_resnet(name: str, num_classes: int, in_shape: Shape) -> Costs:
    """Costs of `resnet8` to `resnet110` for one image."""
    return resnet_costs([(int(name.removeprefix("resnet")) - 2) // 6] * 3, num_classes, in_shape)


def wide_resnet(name: str, num_classes: int, in_shape: Shape) -> Costs:
    """Costs of `wrn-DEPTH-FACTOR` for one image."""
    depth, factor = map(int, name.split("-")[1:])
    size, c_in = in_shape[1:], 16
    source = numbers(c_in, size)
    total = convolution(in_shape[0], c_in, 3, size, norm=False) + alive(numbers(in_shape[0], size) + source)
    for stage, width in enumerate((16 * factor, 32 * factor, 64 * factor)):
        size = halved(size) if stage else size
        target = numbers(width, size)
        # What a block's shortcut reads is kept beside what each of its operations reads and makes.
        total += alive(max(2 * source, source + 2 * target, 3 * target))
        inner = convolution(width, width, 3, size)
        total += batch_norm(c_in) + convolution(c_in, width, 3, size) + convolution(width, width, 3, size, norm=False)
        total += (inner + inner) * ((depth - 4) // 6 - 1)
        if c_in != width:
            total += convolution(c_in, width, 1, size, norm=False)
        c_in, source = width, target
    return total + batch_norm(c_in) + alive(2 * source) + classifier(c_in, size, num_classes)


def space_architecture(name: str, num_classes: int, in_shape: Shape) -> Costs | None:
    """Costs of `SPACE:ARCH` for one image, where the space has formulas."""
    space, arch = architecture_of(name)
    return space.costs(arch, num_classes, in_shape) if space.has_formulas else None
