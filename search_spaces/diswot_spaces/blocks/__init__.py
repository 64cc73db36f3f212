"""The blocks of declared families: each file says a block's settings, its costs and its network."""

from diswot_spaces.blocks.base import Block, block_kind
from diswot_spaces.blocks.basic import Basic
from diswot_spaces.blocks.bottleneck import Bottleneck
from diswot_spaces.blocks.conv import Conv
from diswot_spaces.blocks.convnext import ConvNeXt
from diswot_spaces.blocks.fused_mbconv import FusedMBConv
from diswot_spaces.blocks.identity import Identity
from diswot_spaces.blocks.inverted_residual import InvertedResidual
from diswot_spaces.blocks.max_pool import MaxPool
from diswot_spaces.blocks.nasbench201 import Cell201, Reduction201
from diswot_spaces.blocks.patch import Patch
from diswot_spaces.blocks.patchify import Patchify
from diswot_spaces.blocks.pit import PiT
from diswot_spaces.blocks.preactivation import Preactivation
from diswot_spaces.blocks.shuffle import Shuffle
from diswot_spaces.blocks.vit import ViT
from diswot_spaces.registry import Registry

KINDS: tuple[type[Block], ...] = (
    Conv,
    Basic,
    Bottleneck,
    Preactivation,
    InvertedResidual,
    FusedMBConv,
    Shuffle,
    ConvNeXt,
    ViT,
    PiT,
    Patch,
    Patchify,
    Cell201,
    Reduction201,
    MaxPool,
    Identity,
)

BLOCKS: Registry[type[Block]] = Registry("block", "diswot.blocks", {kind.kind: kind for kind in KINDS}, block_kind)
"""The kinds of block, by their names in files; those of others by entry point, and by import path."""

__all__ = ["BLOCKS", "Block"]
