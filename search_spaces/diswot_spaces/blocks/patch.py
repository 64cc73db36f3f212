"""The stem of vision transformers: patches as tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced, view

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Patch(Block):
    """Patches, projected; a class token; learned positions.

    Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, equation 1. A stride below the size of the
    patches lets them overlap, as in Heo et al., "Rethinking Spatial Dimensions of Vision Transformers", ICCV 2021.
    """

    kind: ClassVar[str] = "patch"
    summary: ClassVar[str] = "stem of vision transformers: patches, a class token, positions (Dosovitskiy et al. 2021)"
    gives: ClassVar[str] = "tokens"

    width: int = base.width()
    patch: int = base.setting("Height and width of a patch in pixels.", 16, low=1, high=256)
    stride: int = base.setting("Pixels from patch to patch; 0 for the size of a patch.", 0, low=0, high=256)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(H' W' + 1, width)`."""
        maps = tape.conv(x, self.width, self.patch, self.stride or self.patch, bias=True, padding=0)
        tokens = maps.features._replace(extra=1, tokens=True)
        tape.params += self.width * (1 + tokens.positions)
        return tape.apply(tape.make((view(maps, tokens),), tokens))

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import transformers

        stride = self.stride or self.patch
        grid = ((x.height - self.patch) // stride + 1) * ((x.width - self.patch) // stride + 1)
        return transformers.PatchTokens(x.channels, self.width, self.patch, stride, grid)
