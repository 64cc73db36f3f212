"""Networks of declared families."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from diswot_spaces.blocks.base import Block, make_block
from diswot_spaces.blocks.head import Head
from diswot_spaces.blocks.tape import Features
from diswot_spaces.layers import LayerFactory, fresh
from diswot_spaces.networks import parts

Placed = tuple[Block, Features]
"""A block, and what enters it."""


class FamilyNetwork(nn.Module):
    """Stem, blocks of all stages one behind the other, head.

    Args:
        stem: blocks of the stem.
        blocks: of the stages.
        head: what stands before the logits.
        x: what leaves the last block.
        num_classes: of the task.
        layers: where layers with weights come from.
    """

    def __init__(
        self,
        stem: Sequence[Placed],
        blocks: Sequence[Placed],
        head: Head,
        x: Features,
        num_classes: int,
        layers: LayerFactory = fresh,
    ) -> None:
        super().__init__()
        if len(stem) == 1:
            self.stem: nn.Module = layers("stem", make_block, *stem[0])
        else:
            first = (layers(f"stem.{i}", make_block, *placed) for i, placed in enumerate(stem))
            self.stem = nn.Sequential(*first) if stem else nn.Identity()
        self.blocks = nn.Sequential(*(layers(f"blocks.{i}", make_block, *placed) for i, placed in enumerate(blocks)))
        channels = head.width or x.channels
        self.last: nn.Module = nn.Identity()
        if head.width:
            conv = layers("last.0", parts.conv_norm, x.channels, head.width)
            self.last = parts.chain(conv, parts.activation(head.activation))
        self.norm: nn.Module = nn.Identity()
        if head.norm == "batch":
            self.norm = parts.chain(layers("norm.0", parts.norm, channels), parts.activation(head.activation))
        self.pool = parts.pool(head.pool, tokens=x.tokens)
        self.pooled_norm = nn.Identity() if head.norm != "layer" else layers("pooled_norm", nn.LayerNorm, channels)
        self.hidden: nn.Module = nn.Identity()
        if head.hidden:
            linear = layers("hidden.0", nn.Linear, channels, head.hidden)
            self.hidden = parts.chain(linear, parts.activation(head.activation))
        self.classifier = layers("classifier", nn.Linear, head.hidden or channels, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        features = self.norm(self.last(self.blocks(self.stem(images))))
        logits: Tensor = self.classifier(self.hidden(self.pooled_norm(self.pool(features))))
        return logits
