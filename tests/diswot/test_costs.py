"""Counting the costs of any network."""

import numpy as np
import pytest
import torch
from torch import nn

from diswot.costs import measure_costs
from search_spaces import SPACES


def test_a_hand_count() -> None:
    # 3x3 convolution 2 -> 4 on 5x5 with bias: 2*4*9 + 4 parameters, 2*4*9*25 MACs; linear 4 -> 3: 15 and 12.
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    costs = measure_costs(net, (2, 5, 5))
    assert (costs.params, costs.macs, costs.depth) == (76 + 15, 1800 + 12, 2)


@pytest.mark.parametrize("name", SPACES)
def test_it_agrees_with_the_formulas_of_the_spaces(name: str) -> None:
    space = SPACES[name]
    arch = space.sample(np.random.default_rng(0))
    assert measure_costs(space.build(arch, 10), (3, 32, 32)) == space.costs(arch, 10)


def test_the_network_is_left_untouched() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).train()
    measure_costs(net, (3, 2, 2))
    assert net.training
    assert all(p.device == torch.device("cpu") for p in net.parameters())
