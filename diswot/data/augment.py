"""How images are varied for training, by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torchvision.transforms import v2

Transform = Callable[[Tensor], Tensor]

SMALL = 64
"""Side up to which images are cropped with a margin, as CIFAR's; larger ones at random sizes, as ImageNet's."""
MARGIN = 8
"""The part of the side by which a small image is shifted at most."""
RESIZED = 256 / 224
"""Side of a large image before its center is cropped for judging, over the side that networks take."""


def training_transform(name: str, height: int, width: int) -> Transform:
    """The variation of an image `(C, H, W)` uint8 by that name, to the size that networks take."""
    steps: list[Transform] = []
    if is_small(height, width):
        if name != "none":
            steps.append(v2.RandomCrop((height, width), padding=max(1, height // MARGIN)))
    elif name == "none":
        return judging_transform(height, width)
    else:
        steps.append(v2.RandomResizedCrop((height, width), antialias=True))
    if name in ("crop-flip", "trivial"):
        steps.append(v2.RandomHorizontalFlip())
    if name == "trivial":
        steps.append(v2.TrivialAugmentWide())
    return v2.Compose(steps) if steps else lambda image: image


def judging_transform(height: int, width: int) -> Transform:
    """The one view of an image on which networks are judged."""
    if is_small(height, width):
        return lambda image: image
    shorter = round(min(height, width) * RESIZED)
    return v2.Compose([v2.Resize(shorter, antialias=True), v2.CenterCrop((height, width))])


def is_small(height: int, width: int) -> bool:
    """Whether images of this size are decoded once and kept in memory."""
    return max(height, width) <= SMALL
