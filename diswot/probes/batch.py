"""The probe batch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from diswot_spaces import Shape


@dataclass(frozen=True)
class ProbeBatch:
    """The one small batch that every network is observed on.

    Attributes:
        images: `(N, C, H, W)`, normalised, in the dtype of the networks.
        labels: `(N,)` int64, balanced over the classes as far as N allows.
        source: what it is, in words for the result.
    """

    images: Tensor
    labels: Tensor
    source: str

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
