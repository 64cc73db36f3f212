"""The unit of ShuffleNetV2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced, view

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Shuffle(Block):
    """One half of the channels stays, the other is filtered, both are interleaved; with a stride both are filtered.

    Source: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", ECCV 2018, figure 3.
    """

    kind: ClassVar[str] = "shuffle"
    summary: ClassVar[str] = "ShuffleNetV2 unit (Ma et al. 2018)"
    ascending: ClassVar[tuple[str, ...]] = ("kernel",)

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel()
    activation: str = base.activation()

    def misfit(self, c_in: int) -> str:
        """Halves are equal, and without a stride the width stays."""
        if self.width % 2:
            return f"{self.width} channels have no two halves"
        if self.stride == 1 and c_in != self.width:
            return f"with a stride of 1 the width stays {c_in} and cannot be {self.width}"
        return ""

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        half = self.width // 2
        if self.stride == 1:
            kept = x = view(x, x.features._replace(channels=half))
        else:
            kept = base.trace_conv_norm(
                tape, x, x.features.channels, self.kernel, self.stride, groups=x.features.channels
            )
            kept = base.trace_activation(tape, base.trace_conv_norm(tape, kept, half), self.activation)
        out = base.trace_activation(tape, base.trace_conv_norm(tape, x, half), self.activation)
        out = base.trace_conv_norm(tape, out, half, self.kernel, self.stride, groups=half)
        out = base.trace_activation(tape, base.trace_conv_norm(tape, out, half), self.activation)
        return tape.make((kept, out), out.features._replace(channels=self.width))

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        half, c_in = self.width // 2, x.channels
        kept = parts.chain(
            parts.conv_norm(c_in, c_in, self.kernel, self.stride, c_in),
            parts.conv_norm(c_in, half),
            parts.activation(self.activation),
        )
        filtered = parts.chain(
            parts.conv_norm(half if self.stride == 1 else c_in, half),
            parts.activation(self.activation),
            parts.conv_norm(half, half, self.kernel, self.stride, half),
            parts.conv_norm(half, half),
            parts.activation(self.activation),
        )
        return parts.ShuffleUnit(None if self.stride == 1 else kept, filtered)
