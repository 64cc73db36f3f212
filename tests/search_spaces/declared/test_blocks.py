"""Every block: its formula is what its network costs, and its network gives what its formula says."""

from collections.abc import Iterator
from dataclasses import astuple, fields
from itertools import pairwise
from typing import Any

import pytest

from diswot_spaces.blocks import BLOCKS, Block
from diswot_spaces.blocks.base import block_costs, make_block, rounded, settings
from diswot_spaces.blocks.bottleneck import Bottleneck
from diswot_spaces.blocks.conv import Conv
from diswot_spaces.blocks.nasbench201 import Cell201
from diswot_spaces.blocks.pit import PiT
from diswot_spaces.blocks.shuffle import Shuffle
from diswot_spaces.blocks.tape import Features
from diswot_spaces.blocks.vit import ViT
from diswot_spaces.networks.counting import count_costs

POOLED = "|nor_conv_1x1~0|+|avg_pool_3x3~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"
NOTHING = POOLED.replace("skip_connect~0", "none~0").replace("avg_pool_3x3~2", "none~2")
MAPS = (Features(12, 9, 7), Features(12, 4, 4))
TOKENS = (Features(12, 5, 4, 1, True), Features(24, 3, 3, 1, True))
SETTINGS: tuple[dict[str, Any], ...] = (
    {"width": 12},
    {"width": 24, "stride": 2},
    {"width": 24, "stride": 1, "kernel": 5},
    {"width": 12, "stride": 2, "expansion": 3, "se": 0.25, "activation": "hardswish"},
    {"width": 12, "expansion": 1, "se": 0.5, "activation": "none"},
    {"width": 24, "expansion": 1, "stride": 2, "activation": "silu"},
    {"width": 36, "expansion": 1.5, "groups": 3, "reduction": 2, "activation": "gelu"},
    {"width": 12, "heads": 1, "mlp_ratio": 0.5, "patch": 2},
    {"width": 24, "heads": 2, "head_dim": 5, "mlp_ratio": 2, "patch": 4, "stride": 2},
    {"width": 24, "heads": 4, "stride": 2},
    {"width": 24, "patch": 3, "activation": "relu6"},
    {"width": 12, "cell": POOLED},
    {"width": 24, "cell": POOLED},
)


def cases(kind: type[Block]) -> Iterator[tuple[Block, Features]]:
    names = {field.name for field in fields(kind)}
    for given in SETTINGS:
        block = kind(**{name: value for name, value in given.items() if name in names})
        for x in TOKENS if kind.takes == "tokens" else MAPS:
            if not block.misfit(x.channels) and getattr(block, "patch", 1) <= min(x.height, x.width):
                yield block, x


@pytest.mark.parametrize("name", BLOCKS)
def test_a_formula_is_what_the_network_costs(name: str) -> None:
    tried = list(cases(BLOCKS[name]))
    assert len(tried) >= 4
    for block, x in tried:
        said, out = block_costs(block, x)
        shape = (x.positions, x.channels) if x.tokens else x[:3]
        counted, after = count_costs(lambda _, block=block, x=x: make_block(block, x), shape)  # type: ignore[misc, arg-type]
        assert said == counted, f"{block} after {x}"
        assert after == (1, *((out.positions, out.channels) if out.tokens else out[:3])), f"{block} after {x}"


@pytest.mark.parametrize("name", BLOCKS)
def test_every_setting_says_what_it_is(name: str) -> None:
    for setting, (kind, _, limits) in settings(BLOCKS[name]).items():
        assert kind in (int, float, str), setting
        assert limits.help.endswith("."), setting
        assert kind is str or limits.among or None not in (limits.low, limits.high), f"{setting} has no limits"


@pytest.mark.parametrize("name", [name for name, kind in BLOCKS.items() if kind.ascending])
def test_ascending_settings_ascend_in_cost(name: str) -> None:
    kind = BLOCKS[name]
    for setting in kind.ascending:
        for block, x in cases(kind):
            values = {field.name: getattr(block, field.name) for field in fields(kind)}
            steps = (0, 0.25, 0.5, 1) if setting == "se" else (1, 3, 5, 7)
            here = [block_costs(kind(**values | {setting: step}), x)[0] for step in steps]
            for less, more in pairwise(map(astuple, here)):
                assert all(a <= b for a, b in zip(less, more, strict=True)), f"{setting} of {block}"


@pytest.mark.parametrize(
    ("block", "c_in", "why"),
    [
        (Conv(width=12, groups=5), 10, "12 channels do not divide into 5 groups"),
        (Bottleneck(width=16, groups=3), 16, "4 channels inside do not divide into 3 groups"),
        (Bottleneck(width=2), 16, "2 channels reduced by 4 leave none inside"),
        (Shuffle(width=15), 15, "15 channels have no two halves"),
        (Shuffle(width=16), 12, "with a stride of 1 the width stays 12 and cannot be 16"),
        (ViT(width=16, heads=3), 16, "16 channels do not divide into 3 heads"),
        (ViT(width=12), 9, "the width of tokens stays 9 and cannot be 12"),
        (
            Cell201(width=8, cell="x"),
            8,
            "not a nasbench201 architecture, expected the opening '|'",
        ),
        (
            Cell201(width=8, cell=NOTHING),
            8,
            "nothing",
        ),
        (PiT(width=20), 12, "pooling makes a multiple of 12 channels, not 20"),
    ],
)
def test_what_does_not_fit_is_said(block: Block, c_in: int, why: str) -> None:
    assert block.misfit(c_in).startswith(why)


def test_channels_are_rounded_as_published() -> None:
    assert [rounded(channels) for channels in (1, 12, 18, 22, 67)] == [8, 16, 24, 24, 64]
