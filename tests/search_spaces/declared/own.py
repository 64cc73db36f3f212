"""A block from outside the tree, as docs/guide/spaces.md has it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks.base import Block, setting, trace_conv_norm, width
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Doubled(Block):
    """Convolutions one behind the other, without activations."""

    kind: ClassVar[str] = "doubled"
    summary: ClassVar[str] = "convolutions one behind the other"

    width: int = width()
    times: int = setting("Number of convolutions.", 2, low=1, high=4)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H, W)`."""
        for _ in range(self.times):
            x = trace_conv_norm(tape, x, self.width, 3)
        return x

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from torch import nn

        widths = [x.channels, *[self.width] * self.times]
        pairs = pairwise(widths)
        layers = [(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b)) for a, b in pairs]
        return nn.Sequential(*(layer for pair in layers for layer in pair))


@dataclass(frozen=True, slots=True)
class Bare(Block):
    """Its setting is not declared."""

    kind: ClassVar[str] = "bare"
    summary: ClassVar[str] = ""

    times: int = 2

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """Nothing."""
        return x

    def network(self, x: Features) -> nn.Module:
        """Never made."""
        raise NotImplementedError
