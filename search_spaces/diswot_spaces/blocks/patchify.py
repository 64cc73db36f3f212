"""The stem of ConvNeXt: patches as maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Patchify(Block):
    """Patches that do not overlap, projected, and layer norm.

    Source: Liu et al., "A ConvNet for the 2020s", CVPR 2022, section 2.2.
    """

    kind: ClassVar[str] = "patchify"
    summary: ClassVar[str] = "stem of ConvNeXt: patches and layer norm (Liu et al. 2022)"

    width: int = base.width()
    patch: int = base.setting("Height and width of a patch in pixels.", 4, low=1, high=256)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / patch, W / patch)`."""
        return tape.norm(tape.conv(x, self.width, self.patch, self.patch, bias=True, padding=0))

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts, transformers

        conv = transformers.patch_conv(x.channels, self.width, self.patch, self.patch)
        return parts.chain(conv, transformers.MapNorm(self.width))
