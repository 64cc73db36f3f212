"""NAS-Bench-201: the published counts, strings and skeleton."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch import nn

from diswot_spaces import get_space
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.nasbench201_cells import CELLS

SPACE = get_space("nasbench201")
ALL_3X3 = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
NOTHING = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
RESIDUAL = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"


def test_cells_of_one_function_share_their_canonical_form() -> None:
    # Node 1 is a copy of the input in both: a 3x3 convolution of it is one of the input.
    through_node_1 = "|skip_connect~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|none~2|"
    direct = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"
    unread_branch = "|skip_connect~0|+|none~0|nor_conv_1x1~1|+|none~0|nor_conv_3x3~1|none~2|"
    a, b, c = (SPACE.canonical(SPACE.decode(text)) for text in (through_node_1, direct, unread_branch))
    assert a == b == c != SPACE.canonical(SPACE.decode(NOTHING))
    assert SPACE.costs(a, 10) == SPACE.costs(b, 10)


def test_published_parameter_and_mac_counts() -> None:
    # Dong and Yang 2020, table 2 and the benchmark's own record: the all-3x3 cell has 1.531546 M parameters and
    # 220.12 M FLOPs (their FLOPs count one multiply-add once); the empty cell leaves 0.073306 M and 7.78 M.
    assert SPACE.costs(SPACE.decode(ALL_3X3), 10).params == 1_531_546
    assert SPACE.costs(SPACE.decode(ALL_3X3), 10).macs == 220_119_680
    assert SPACE.costs(SPACE.decode(NOTHING), 10).params == 73_306
    assert SPACE.costs(SPACE.decode(NOTHING), 10).macs == 7_783_040


def test_edges_that_the_output_does_not_depend_on_are_neither_built_nor_counted() -> None:
    unread = SPACE.decode("|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|")
    unfed = SPACE.decode("|none~0|+|none~0|nor_conv_3x3~1|+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|")
    alone = SPACE.decode("|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|")
    assert SPACE.costs(unread, 10) == SPACE.costs(unfed, 10) == SPACE.costs(alone, 10)


def test_the_skeleton_is_the_published_one() -> None:
    network = SPACE.build(SPACE.decode(RESIDUAL), 100)
    kinds = Counter(type(module).__name__ for module in network.modules())
    assert kinds["Cell"] == 3 * CELLS
    assert kinds["Reduction"] == 2
    modules = [m for m in network.modules() if not list(m.children())]
    assert isinstance(modules[0], nn.Conv2d)
    assert modules[0].out_channels == 16
    # Batch norm and ReLU before the global pooling: networks without them are five points worse.
    assert [type(m) for m in modules[-4:]] == [nn.BatchNorm2d, nn.ReLU, nn.AdaptiveAvgPool2d, nn.Linear]


def test_a_cell_computes_what_its_string_says() -> None:
    # 0 -> 3 skip plus 0 -> 2 -> 3 average pooling of a skip: x + pool(x), with borders averaged over what is there.
    arch = SPACE.decode("|none~0|+|skip_connect~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
    cell = SPACE.build(arch, 10).get_submodule("cells.0")
    x = torch.arange(9.0).reshape(1, 1, 3, 3).expand(1, 16, 3, 3)
    pooled = torch.tensor([[2.0, 2.5, 3.0], [3.5, 4.0, 4.5], [5.0, 5.5, 6.0]])
    torch.testing.assert_close(cell(x)[0, 0], x[0, 0] + pooled)


def test_an_empty_cell_gives_zeros() -> None:
    cell = SPACE.build(SPACE.decode(NOTHING), 10).get_submodule("cells.0")
    assert not cell(torch.ones(1, 16, 4, 4)).any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "expected the opening '|' at character 0"),
        ("|none~1|+", "expected operation~0 of edge 0->1 at character 1"),
        (RESIDUAL[:-1], f"expected operation~2 of edge 2->3 at character {RESIDUAL.rindex('skip')}"),
        (RESIDUAL + "|", f"expected the end at character {len(RESIDUAL)}"),
        (RESIDUAL.replace("skip_connect~0", "conv9x9~0"), "unknown operation 'conv9x9' on edge 0->3"),
    ],
)
def test_a_malformed_string_says_where(text: str, message: str) -> None:
    with pytest.raises(InvalidArchitecture, match=re.escape(message)):
        SPACE.decode(text)


@pytest.mark.data
def test_the_benchmark_s_own_strings_round_trip(data_dir: Path) -> None:
    with (data_dir / "nasbench201.csv").open() as file:
        strings = [row["arch"] for row in csv.DictReader(file)]
    assert len(strings) == 15_625
    assert all(SPACE.encode(SPACE.decode(text)) == text for text in strings)
