"""Nothing, or what it takes to change the shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Identity(Block):
    """Nothing; where width or stride change, a 1 x 1 convolution with batch norm.

    Source: Su et al., "Prioritized Architecture Sampling with Monto-Carlo Tree Search", CVPR 2021 (NAS-Bench-Macro).
    """

    kind: ClassVar[str] = "identity"
    summary: ClassVar[str] = "nothing; where the shape changes, a 1 x 1 convolution with batch norm"

    width: int = base.width()
    stride: int = base.stride()

    def is_nothing(self, c_in: int) -> bool:
        """Whether the shape stays."""
        return (c_in, 1) == (self.width, self.stride)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        if self.is_nothing(x.features.channels):
            return x
        return base.trace_conv_norm(tape, x, self.width, stride=self.stride)

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        if self.is_nothing(x.channels):
            return parts.nothing()
        return parts.conv_norm(x.channels, self.width, 1, self.stride)
