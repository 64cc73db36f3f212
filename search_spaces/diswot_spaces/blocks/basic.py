"""The basic block of residual networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Basic(Block):
    """Two convolutions beside a shortcut, which is projected where the shape changes.

    Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, figure 5 (left) and option B.
    """

    kind: ClassVar[str] = "basic"
    summary: ClassVar[str] = "residual block of two convolutions (He et al. 2016)"
    ascending: ClassVar[tuple[str, ...]] = ("kernel", "se")

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel()
    se: float = base.squeeze()
    activation: str = base.activation()

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        out = base.trace_conv_norm(tape, x, self.width, self.kernel, self.stride)
        out = base.trace_activation(tape, out, self.activation)
        out = base.trace_conv_norm(tape, out, self.width, self.kernel)
        out = base.trace_squeeze(tape, out, self._squeezed)
        if self._projects(x.features.channels):
            x = base.trace_conv_norm(tape, x, self.width, stride=self.stride)
        return base.trace_activation(tape, tape.apply(out, x), self.activation)

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        body = parts.chain(
            parts.conv_norm(x.channels, self.width, self.kernel, self.stride),
            parts.activation(self.activation),
            parts.conv_norm(self.width, self.width, self.kernel),
            parts.squeeze(self.width, self._squeezed),
        )
        shortcut = parts.conv_norm(x.channels, self.width, 1, self.stride) if self._projects(x.channels) else None
        return parts.Residual(body, shortcut, parts.activation(self.activation))

    @property
    def _squeezed(self) -> int:
        return base.rounded(self.width * self.se) if self.se else 0

    def _projects(self, c_in: int) -> bool:
        return (c_in, 1) != (self.width, self.stride)
