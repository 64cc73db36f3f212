"""The block of ConvNeXt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class ConvNeXt(Block):
    """Filter each channel, norm, expand, project, scale, beside a shortcut; a norm and a convolution change the shape.

    Source: Liu et al., "A ConvNet for the 2020s", CVPR 2022, figure 4.
    """

    kind: ClassVar[str] = "convnext"
    summary: ClassVar[str] = "ConvNeXt block (Liu et al. 2022)"
    ascending: ClassVar[tuple[str, ...]] = ("kernel", "expansion")

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel(7)
    expansion: float = base.setting("Factor by which the block is wider inside.", 4.0, low=1, high=32)
    layer_scale: float = base.setting("Initial factor of the block beside its shortcut.", 1e-6, low=0, high=1)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        if self._changes(x.features.channels):
            x = tape.conv(tape.norm(x), self.width, self.stride, self.stride, bias=True, padding=0)
        out = tape.norm(tape.conv(x, self.width, self.kernel, groups=self.width, bias=True))
        out = tape.linear(tape.apply(tape.linear(out, self._hidden)), self.width)
        return tape.apply(x, tape.scale(out))

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts, transformers

        block = transformers.ConvNeXtBlock(self.width, self.kernel, self._hidden, self.layer_scale)
        if not self._changes(x.channels):
            return parts.chain(block)
        conv = transformers.patch_conv(x.channels, self.width, self.stride, self.stride)
        return parts.chain(transformers.MapNorm(x.channels), conv, block)

    @property
    def _hidden(self) -> int:
        return round(self.width * self.expansion)

    def _changes(self, c_in: int) -> bool:
        return (c_in, 1) != (self.width, self.stride)
