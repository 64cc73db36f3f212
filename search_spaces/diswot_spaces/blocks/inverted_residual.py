"""The inverted residual block of the MobileNets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced
from diswot_spaces.costs import FLOAT32, Costs

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class InvertedResidual(Block):
    """Expand, filter each channel, weigh channels, project; a shortcut where the shape stays.

    Sources: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, section 3.3; with
    `se`, Howard et al., "Searching for MobileNetV3", ICCV 2019, section 5.3.
    """

    kind: ClassVar[str] = "inverted_residual"
    summary: ClassVar[str] = "MobileNet block: expand, filter each channel, project (Sandler et al. 2018)"
    ascending: ClassVar[tuple[str, ...]] = ("kernel", "expansion", "se")

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel()
    expansion: float = base.setting("Factor by which the block is wider inside.", 6.0, low=1, high=32)
    se: float = base.squeeze()
    activation: str = base.activation("relu6")

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        c_in, out = x.features.channels, x
        hidden = self._hidden(c_in)
        if self.expansion != 1:
            out = base.trace_activation(tape, base.trace_conv_norm(tape, out, hidden), self.activation)
        out = base.trace_conv_norm(tape, out, hidden, self.kernel, self.stride, hidden)
        out = base.trace_activation(tape, out, self.activation)
        out = base.trace_squeeze(tape, out, self._squeezed(hidden))
        out = base.trace_conv_norm(tape, out, self.width)
        return tape.apply(x, out) if (c_in, 1) == (self.width, self.stride) else out

    def costs(self, x: Features) -> tuple[Costs, Features]:
        """By a formula where there is no squeeze-and-excitation: families of this block have very many members."""
        if self.se:
            return super(InvertedResidual, self).costs(x)
        c_in, height, width, *_ = x
        out = Features(self.width, (height - 1) // self.stride + 1, (width - 1) // self.stride + 1)
        hidden, area, area_out = self._hidden(c_in), height * width, out.height * out.width
        filters, project = self.kernel * self.kernel * hidden, hidden * self.width
        params, macs, depth = filters + project + 2 * (hidden + self.width), (filters + project) * area_out, 2
        source, wide, filtered, target = c_in * area, hidden * area, hidden * area_out, self.width * area_out
        kept = source if (c_in, 1) == (self.width, self.stride) else 0
        alive = max(kept + filtered + max(filtered, target), kept + 2 * target)
        if self.expansion == 1:  # what the shortcut keeps is what the filter reads
            alive = max(alive, wide + filtered)
        else:
            params += c_in * hidden + 2 * hidden
            macs += c_in * hidden * area
            depth = 3
            alive = max(alive, source + wide, kept + 2 * wide, kept + wide + filtered)
        return Costs(params, macs, depth, FLOAT32 * alive), out

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        hidden = self._hidden(x.channels)
        expand = [parts.conv_norm(x.channels, hidden), parts.activation(self.activation)]
        body = parts.chain(
            *(expand if self.expansion != 1 else []),
            parts.conv_norm(hidden, hidden, self.kernel, self.stride, hidden),
            parts.activation(self.activation),
            parts.squeeze(hidden, self._squeezed(hidden)),
            parts.conv_norm(hidden, self.width),
        )
        return parts.LinearResidual(body, shortcut=(x.channels, 1) == (self.width, self.stride))

    def _hidden(self, c_in: int) -> int:
        return round(c_in * self.expansion)

    def _squeezed(self, hidden: int) -> int:
        return base.rounded(hidden * self.se) if self.se else 0
