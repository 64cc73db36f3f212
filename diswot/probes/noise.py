"""Seeded noise: a probe that needs no data."""

from __future__ import annotations

import torch

from diswot.probes.batch import IMAGENET, ProbeBatch
from diswot.probes.draw import balanced_labels
from diswot.seeds import derive_seed
from diswot_spaces import Shape


def white_noise(size: int, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """Independent standard normal pixels with balanced labels.

    Args:
        size: number of images N.
        num_classes: labels are drawn from `range(num_classes)`.
        shape: channels, height, width.
        seed: of the pixels and labels.
    """
    generator = torch.Generator().manual_seed(derive_seed(seed, "probe", "noise"))
    images = torch.randn(size, *shape, generator=generator)
    return ProbeBatch(
        images, balanced_labels(size, num_classes, generator), f"seeded white noise, {size} images", IMAGENET
    )


def with_twins(batch: ProbeBatch, twins: int, step: float, seed: int) -> ProbeBatch:
    """The batch, and behind it its first images once more, a little changed.

    Args:
        batch: of noise.
        twins: how many images are seen twice.
        step: of the change, a multiple of independent standard normal pixels.
        seed: of the change.
    """
    generator = torch.Generator().manual_seed(derive_seed(seed, "probe", "twins"))
    first = batch.images[:twins]
    changed = first + step * torch.randn(first.shape, generator=generator)
    images, labels = torch.cat([batch.images, changed]), torch.cat([batch.labels, batch.labels[:twins]])
    return ProbeBatch(images, labels, f"{batch.source}, {twins} of them twice")
