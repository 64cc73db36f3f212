"""What a network wants its images to be, and images turned into that, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.data.training import LabelledImages
from diswot_spaces import Shape

Statistics = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of each channel, of pixels from 0 to 1."""

IMAGENET: Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SAMPLED = 2_000
"""Images that the statistics of a data set are taken over, at most."""


class InputFormat(nn.Module):
    """Turns images with pixels from 0 to 1 into what a network takes: channels, size, scale.

    Args:
        shape: channels, height, width of the network's images.
        statistics: what is subtracted from each channel, and what it is divided by.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, shape: Shape, statistics: Statistics) -> None:
        super().__init__()
        self.shape = shape
        mean, std = (torch.tensor(values)[:, None, None] for values in statistics)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Images `(N, C, H, W)` as the network takes them."""
        channels, *size = self.shape
        if images.shape[1] != channels:
            images = images.expand(-1, channels, -1, -1) if images.shape[1] == 1 else images.mean(1, keepdim=True)
        if list(images.shape[2:]) != size:
            images = F.interpolate(images, size, mode="bilinear", antialias=True)
        return (images - self.mean) / self.std


def named_statistics(name: str, data: Statistics, channels: int) -> Statistics:
    """The statistics that pixels are scaled by, for a network of that many channels.

    Args:
        name: of `diswot.spec.distillation.NORMALIZATIONS`.
        data: those of the training images.
        channels: 1 or 3.
    """
    mean, std = {"data": data, "imagenet": IMAGENET, "half": ((0.5,), (0.5,)), "none": ((0.0,), (1.0,))}[name]
    return _for_channels(mean, channels), _for_channels(std, channels)


def _for_channels(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    if len(values) == channels:
        return values
    return values * channels if len(values) == 1 else (sum(values) / len(values),)


def pixel_statistics(images: LabelledImages) -> Statistics:
    """Mean and standard deviation of each channel, over evenly spaced images of the set."""
    step = max(1, len(images) // SAMPLED)
    pixels: Iterable[Tensor] = (images.image(i).flatten(1).double() / 255 for i in range(0, len(images), step))
    sums = [(one.sum(1), one.square().sum(1), one.shape[1]) for one in pixels]
    count = sum(n for *_, n in sums)
    mean = torch.stack([total for total, *_ in sums]).sum(0) / count
    variance = torch.stack([squares for _, squares, _ in sums]).sum(0) / count - mean.square()
    std = variance.clamp_min(0).sqrt()
    return tuple(mean.tolist()), tuple(torch.where(std > 1e-6, std, 1.0).tolist())
