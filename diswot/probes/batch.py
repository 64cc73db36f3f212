"""The probe batch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from diswot_spaces import Shape


class Normalization(NamedTuple):
    """How pixels from 0 to 1 are normalized: less the mean, by the standard deviation, channel by channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


IMAGENET = Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""That of photographs; what seeded images, which have no pixels, are taken to be normalized by."""


@dataclass(frozen=True)
class ProbeBatch:
    """The one small batch that every network is observed on.

    Attributes:
        images: `(N, C, H, W)`, normalised, in the dtype of the networks.
        labels: `(N,)` int64, balanced over the classes as far as N allows.
        source: what it is, in words for the result.
        normalization: of its pixels, if they are known.
    """

    images: Tensor
    labels: Tensor
    source: str
    normalization: Normalization | None = None

    @property
    def image_shape(self) -> Shape:
        """Channels, height, width."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over shape, pixels and labels: two probes with the same fingerprint give the same scores."""
        digest = hashlib.sha256(str(tuple(self.images.shape)).encode())
        digest.update(self.images.cpu().float().contiguous().numpy().tobytes())  # numpy knows no bfloat16
        digest.update(self.labels.cpu().numpy().tobytes())
        return digest.hexdigest()

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> ProbeBatch:
        """The batch on a device, channels last in memory, in the dtype of the networks that will see it."""
        images = self.images.to(device, dtype or self.images.dtype).contiguous(memory_format=torch.channels_last)
        return replace(self, images=images, labels=self.labels.to(device))

    def normalized(self, wanted: Normalization) -> ProbeBatch:
        """The same pictures as a network expects them that was trained on images of another normalization.

        The batch itself where its own is not known, or where either is of another number of channels.

        Example:
            >>> batch = ProbeBatch(torch.ones(1, 1, 2, 2), torch.zeros(1), "one", Normalization((0.5,), (0.25,)))
            >>> float(batch.normalized(Normalization((0.5,), (0.5,))).images.mean())
            0.5
        """
        if self.normalization is None:
            return self
        if {len(self.normalization.mean), len(wanted.mean)} != {self.images.shape[1]}:
            return self
        (mean, std), (new_mean, new_std) = (
            (torch.tensor(values, dtype=torch.float64, device=self.images.device).view(-1, 1, 1) for values in one)
            for one in (self.normalization, wanted)
        )
        scale, shift = std / new_std, (mean - new_mean) / new_std
        images = (self.images * scale + shift).to(self.images.dtype)
        return replace(self, images=images, normalization=wanted)
