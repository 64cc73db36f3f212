"""The components of AZ-NAS by hand."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from diswot.proxies.az_nas import FLOOR, block_trainability, expressivity, progressivity, trainability
from diswot.proxies.base import ProxyInput
from diswot.proxies.blocks import building_blocks
from diswot_spaces import get_space

Toy = Callable[[nn.Module, Tensor, Tensor], ProxyInput]


def chain(*weights: tuple[tuple[float, ...], ...]) -> nn.Module:
    """Convolutions of one pixel with these matrices, and a head."""
    convs = []
    for matrix in weights:
        conv = nn.Conv2d(len(matrix[0]), len(matrix), 1, bias=False)
        with torch.no_grad():
            conv.weight.copy_(torch.tensor(matrix)[:, :, None, None])
        convs.append(conv)
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(len(weights[-1]), 2)
    return nn.Sequential(*convs, *head).requires_grad_(False)


def test_expressivity_and_progressivity(toy: Toy) -> None:
    # White noise in two channels has entropy ln 2; one channel twice has none, and none is won behind it.
    network = chain(((1.0, 0.0), (0.0, 1.0)), ((1.0, 0.0), (1.0, 0.0)), ((2.0, 0.0), (0.0, 1.0)))
    inputs = toy(network, torch.ones(64, 2, 4, 4), torch.zeros(64, dtype=torch.int64))
    assert expressivity(inputs) == pytest.approx(math.log(2), abs=0.01)
    assert progressivity(inputs) == pytest.approx(-math.log(2), abs=0.01)


def test_a_single_block_gains_nothing(toy: Toy) -> None:
    inputs = toy(chain(((1.0, 0.0), (0.0, 1.0))), torch.ones(4, 2, 4, 4), torch.zeros(4, dtype=torch.int64))
    assert progressivity(inputs) == trainability(inputs) == 0.0


def test_trainability_of_a_block() -> None:
    signs = torch.tensor([1.0, -1.0, -1.0, 1.0]).view(1, 1, 2, 2)
    # A block that doubles the gradient: -2 - 1/2 + 2.
    assert block_trainability(2 * signs, signs) == pytest.approx(-0.5, abs=1e-5)
    assert block_trainability(-signs, signs) == pytest.approx(0.0, abs=1e-5)
    assert block_trainability(0 * signs, signs) == pytest.approx(2 - 1e6)
    assert block_trainability(signs.clone(), signs) == FLOOR


def test_trainability_where_the_map_shrinks() -> None:
    # Four pixels of gradient 1/2 become four channels: the matrix is a column of length 1.
    one = torch.ones(1, 1, 1, 1)
    assert block_trainability(torch.full((1, 1, 2, 2), 0.5), one) == pytest.approx(0.0, abs=1e-5)
    # An odd size is padded: three by three pixels to two by two.
    assert math.isfinite(block_trainability(torch.ones(1, 2, 3, 3), torch.ones(1, 4, 2, 2)))


def test_trainability_is_the_mean_over_the_blocks(toy: Toy) -> None:
    network = chain(((1.0,),), ((2.0,),), ((4.0,),))
    inputs = toy(network, torch.ones(2, 1, 4, 4), torch.tensor([0, 1]))
    # The first block has none before it; the others score -2 - 1/2 + 2 and -4 - 1/4 + 2.
    assert trainability(inputs) == pytest.approx((-0.5 - 2.25) / 2, abs=1e-5)


@pytest.mark.parametrize(
    ("space", "arch", "blocks"),
    [
        ("nasbench201", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", 1 + 17),
        ("cifar-resnet", "1-3-5", 1 + 9),
        ("mobilenetv2", "", 1 + 7 + 1),
    ],
)
def test_blocks_are_stem_cells_and_reductions(space: str, arch: str, blocks: int) -> None:
    found = get_space(space)
    network = found.build(found.decode(arch) if arch else found.smallest, 10)
    assert len(building_blocks(network)) == blocks
