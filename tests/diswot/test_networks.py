"""Random weights that depend on nothing but the seed and the names of the parameters."""

from functools import partial

import pytest
import torch
from torch import nn

from diswot.networks import build_random
from search_spaces import SPACES, get_space


@pytest.mark.parametrize("name", SPACES)
def test_weights_depend_on_the_seed_alone(name: str) -> None:
    space = SPACES[name]
    build = partial(space.build, space.smallest, 10)
    before = torch.random.get_rng_state()
    a, b, c = build_random(build, 1), build_random(build, 1), build_random(build, 2)
    assert torch.equal(torch.random.get_rng_state(), before)
    pairs = list(zip(a.state_dict().values(), b.state_dict().values(), strict=True))
    assert all(torch.equal(x, y) for x, y in pairs)
    assert any(not torch.equal(x, y) for x, y in zip(a.parameters(), c.parameters(), strict=True))


def test_networks_that_share_an_edge_share_its_weights() -> None:
    space = get_space("nasbench201")
    edge = "|nor_conv_3x3~0|+|{}~0|none~1|+|none~0|skip_connect~1|{}~2|"
    a, b = (edge.format(op, op) for op in ("none", "skip_connect"))
    nets = [build_random(partial(space.build, space.decode(text), 10), 3) for text in (a, b)]
    weights = [net.get_parameter("cells.0.operations.01.1.weight") for net in nets]
    assert torch.equal(weights[0], weights[1])


def test_the_scheme_is_he_s() -> None:
    def layers() -> nn.Module:
        return nn.Sequential(nn.Conv2d(16, 64, 3), nn.BatchNorm2d(64), nn.Flatten(), nn.Linear(64, 10))

    net = build_random(layers, 0)
    conv, norm, _, linear = net.children()
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert isinstance(linear, nn.Linear)
    assert float(conv.weight.std()) == pytest.approx((2 / (16 * 9)) ** 0.5, rel=0.05)
    assert float(linear.weight.std()) == pytest.approx((2 / 64) ** 0.5, rel=0.1)
    assert conv.bias is not None
    assert not conv.bias.any()
    assert (norm.weight == 1).all()
    assert norm.running_var is not None
    assert (norm.running_var == 1).all()
    assert not net.training
    assert not any(p.requires_grad for p in net.parameters())
