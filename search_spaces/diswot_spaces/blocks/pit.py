"""The stage of pooling-based vision transformers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced, view
from diswot_spaces.blocks.vit import misfit_of_heads, trace_encoder

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class PiT(Block):
    """An encoder block; where width or stride change, tokens are pooled first by a convolution of each channel.

    Source: Heo et al., "Rethinking Spatial Dimensions of Vision Transformers", ICCV 2021, section 3.2.
    """

    kind: ClassVar[str] = "pit"
    summary: ClassVar[str] = "encoder block that can pool tokens (Heo et al. 2021)"
    takes: ClassVar[str] = "tokens"
    ascending: ClassVar[tuple[str, ...]] = ("mlp_ratio",)

    width: int = base.width()
    stride: int = base.stride()
    heads: int = base.setting("Attention heads.", 3, low=1, high=256)
    mlp_ratio: float = base.setting("Factor by which the perceptron is wider inside.", 4.0, low=0.25, high=32)

    def misfit(self, c_in: int) -> str:
        """Pooling multiplies channels, and heads share the width equally."""
        if self.width % c_in:
            return f"pooling makes a multiple of {c_in} channels, not {self.width}"
        return misfit_of_heads(self.width, self.heads)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(H W + 1, C)` to `(H' W' + 1, width)`."""
        if self._pools(x.features.channels):
            x = self._trace_pool(tape, x)
        return trace_encoder(tape, x, self.heads, 0, self.mlp_ratio)

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts, transformers

        hidden = round(self.width * self.mlp_ratio)
        encoder = transformers.Encoder(self.width, self.heads, self.width // self.heads, hidden)
        if not self._pools(x.channels):
            return parts.chain(encoder)
        pool = transformers.TokenPool(x.channels, self.width, self.stride, (x.height, x.width))
        return parts.chain(pool, encoder)

    def _trace_pool(self, tape: Tape, x: Traced) -> Traced:
        channels, height, width, extra, _ = x.features
        maps = view(x, Features(channels, height, width))
        maps = tape.conv(
            maps, self.width, self.stride + 1, self.stride, groups=channels, bias=True, padding=self.stride // 2
        )
        kept = tape.linear(view(x, Features(channels, extra, 1)), self.width)
        return tape.make((maps, kept), maps.features._replace(extra=extra, tokens=True))

    def _pools(self, c_in: int) -> bool:
        return (c_in, 1) != (self.width, self.stride)
