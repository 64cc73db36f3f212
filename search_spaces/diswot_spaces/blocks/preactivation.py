"""The pre-activation residual block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Preactivation(Block):
    """Norm and activation before each of two convolutions; where the shape changes, they come before the shortcut too.

    Sources: He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016; Zagoruyko and Komodakis, "Wide
    Residual Networks", BMVC 2016. A family of them ends in a head with `norm: batch`.
    """

    kind: ClassVar[str] = "preactivation"
    summary: ClassVar[str] = "residual block with norm and activation first (He et al. 2016b)"
    ascending: ClassVar[tuple[str, ...]] = ("kernel",)

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel()
    activation: str = base.activation()

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        out = base.trace_activation(tape, tape.norm(x), self.activation)
        if projects := self._projects(x.features.channels):
            x = out
        out = tape.norm(tape.conv(out, self.width, self.kernel, self.stride))
        out = tape.conv(base.trace_activation(tape, out, self.activation), self.width, self.kernel)
        if projects:
            x = tape.conv(x, self.width, stride=self.stride)
        return tape.apply(out, x)

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        first = parts.chain(parts.norm(x.channels), parts.activation(self.activation))
        body = parts.chain(
            parts.conv(x.channels, self.width, self.kernel, self.stride),
            parts.norm(self.width),
            parts.activation(self.activation),
            parts.conv(self.width, self.width, self.kernel),
        )
        shortcut = parts.conv(x.channels, self.width, 1, self.stride) if self._projects(x.channels) else None
        return parts.PreactivationResidual(first, body, shortcut)

    def _projects(self, c_in: int) -> bool:
        return (c_in, 1) != (self.width, self.stride)
