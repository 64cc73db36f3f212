"""Max pooling, as in stems for large images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class MaxPool(Block):
    """Max pooling with 'same' padding; the width stays."""

    kind: ClassVar[str] = "max_pool"
    summary: ClassVar[str] = "max pooling; the width stays"
    ascending: ClassVar[tuple[str, ...]] = ("kernel",)

    stride: int = base.stride()
    kernel: int = base.kernel()

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(C, H / stride, W / stride)`."""
        channels, height, width, *_ = x.features
        size = ((height - 1) // self.stride + 1, (width - 1) // self.stride + 1)
        return tape.make((x,), Features(channels, *size))

    def network(self, x: Features) -> nn.Module:  # noqa: ARG002
        """The block as a module."""
        from diswot_spaces.networks import parts

        return parts.max_pool(self.kernel, self.stride)
