"""The encoder block of vision transformers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced, view

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class ViT(Block):
    """Self-attention and a perceptron at each token, each behind a layer norm and beside a shortcut.

    Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, equations 2 and 3. With `head_dim`, heads
    have that size whatever the width, as in Chen et al., "AutoFormer", ICCV 2021.
    """

    kind: ClassVar[str] = "vit"
    summary: ClassVar[str] = "encoder block of vision transformers (Dosovitskiy et al. 2021)"
    takes: ClassVar[str] = "tokens"
    ascending: ClassVar[tuple[str, ...]] = ("mlp_ratio",)

    width: int = base.width()
    heads: int = base.setting("Attention heads.", 3, low=1, high=256)
    head_dim: int = base.setting("Channels of a head; 0 to share the width among heads.", 0, low=0, high=1024)
    mlp_ratio: float = base.setting("Factor by which the perceptron is wider inside.", 4.0, low=0.25, high=32)

    def misfit(self, c_in: int) -> str:
        """The width stays, and heads share it equally."""
        if c_in != self.width:
            return f"the width of tokens stays {c_in} and cannot be {self.width}"
        return misfit_of_heads(self.width, self.heads) if not self.head_dim else ""

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(T, C)` to the same shape."""
        return trace_encoder(tape, x, self.heads, self.head_dim, self.mlp_ratio)

    def network(self, x: Features) -> nn.Module:  # noqa: ARG002
        """The block as a module."""
        from diswot_spaces.networks import transformers

        head_dim = self.head_dim or self.width // self.heads
        return transformers.Encoder(self.width, self.heads, head_dim, round(self.width * self.mlp_ratio))


def misfit_of_heads(width: int, heads: int) -> str:
    """Why so many heads cannot share a width; empty where they can."""
    return f"{width} channels do not divide into {heads} heads" if width % heads else ""


def trace_encoder(tape: Tape, x: Traced, heads: int, head_dim: int, mlp_ratio: float) -> Traced:
    """The operations of an encoder block."""
    width, tokens = x.features.channels, x.features.positions
    inside = heads * (head_dim or width // heads)
    share = x.features._replace(channels=inside)
    qkv = tape.linear(tape.norm(x), 3 * inside)
    queries = tape.apply(view(qkv, share))
    pairs, macs = Features(heads * tokens, tokens, 1), tokens * tokens * inside
    weights = tape.apply(tape.product(queries, qkv, pairs, macs))
    heard = tape.product(weights, qkv, share, macs)
    if heads > 1:  # of one head, the numbers lie in order already
        heard = tape.apply(heard)
    x = tape.apply(x, tape.linear(heard, width))
    inner = tape.apply(tape.linear(tape.norm(x), round(width * mlp_ratio)))
    return tape.apply(x, tape.linear(inner, width))
