"""The fused inverted residual block of EfficientNetV2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class FusedMBConv(Block):
    """Expand and filter by one convolution, weigh channels, project; a shortcut where the shape stays.

    With an expansion of 1, the one convolution is all there is.

    Source: Tan and Le, "EfficientNetV2: Smaller Models and Faster Training", ICML 2021, figure 2.
    """

    kind: ClassVar[str] = "fused_mbconv"
    summary: ClassVar[str] = "fused inverted residual (Tan and Le 2021)"
    ascending: ClassVar[tuple[str, ...]] = ("kernel", "se")

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel()
    expansion: float = base.setting("Factor by which the block is wider inside.", 4.0, low=1, high=32)
    se: float = base.squeeze()
    activation: str = base.activation("silu")

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        c_in = x.features.channels
        hidden = self._hidden(c_in)
        out = base.trace_conv_norm(tape, x, hidden, self.kernel, self.stride)
        out = base.trace_activation(tape, out, self.activation)
        out = base.trace_squeeze(tape, out, self._squeezed(hidden))
        if self.expansion != 1:
            out = base.trace_conv_norm(tape, out, self.width)
        return tape.apply(x, out) if (c_in, 1) == (self.width, self.stride) else out

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        hidden = self._hidden(x.channels)
        body = parts.chain(
            parts.conv_norm(x.channels, hidden, self.kernel, self.stride),
            parts.activation(self.activation),
            parts.squeeze(hidden, self._squeezed(hidden)),
            *([parts.conv_norm(hidden, self.width)] if self.expansion != 1 else []),
        )
        return parts.LinearResidual(body, shortcut=(x.channels, 1) == (self.width, self.stride))

    def _hidden(self, c_in: int) -> int:
        return self.width if self.expansion == 1 else round(c_in * self.expansion)

    def _squeezed(self, hidden: int) -> int:
        return base.rounded(hidden * self.se) if self.se else 0
