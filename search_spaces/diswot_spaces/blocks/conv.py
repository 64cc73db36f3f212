"""A convolution with batch norm and activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Conv(Block):
    """Convolution, batch norm, activation."""

    kind: ClassVar[str] = "conv"
    summary: ClassVar[str] = "convolution, batch norm, activation"
    ascending: ClassVar[tuple[str, ...]] = ("kernel",)

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel()
    groups: int = base.groups()
    activation: str = base.activation()

    def misfit(self, c_in: int) -> str:
        """Groups divide the channels on both sides."""
        odd = next((channels for channels in (c_in, self.width) if channels % self.groups), 0)
        return f"{odd} channels do not divide into {self.groups} groups" if odd else ""

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        out = base.trace_conv_norm(tape, x, self.width, self.kernel, self.stride, self.groups)
        return base.trace_activation(tape, out, self.activation)

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        conv = parts.conv_norm(x.channels, self.width, self.kernel, self.stride, self.groups)
        return parts.chain(conv, parts.activation(self.activation))
