"""Random weights that depend on nothing but the seed and the names of the parameters."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from diswot.networks import SharedLayers, build_random
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


@pytest.mark.parametrize("name", SPACES)
def test_a_network_of_shared_layers_is_the_network_of_its_own(name: str) -> None:
    space, rng = SPACES[name], np.random.default_rng(0)
    layers = SharedLayers(1)
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for arch in (space.smallest, *(space.sample(rng) for _ in range(3))):
        own = build_random(partial(space.build, arch, 10), 1)
        shared = space.build(arch, 10, layers=layers).eval()
        assert own.state_dict().keys() == shared.state_dict().keys()
        for parameter, value in shared.state_dict().items():
            assert torch.equal(value, own.state_dict()[parameter]), parameter
        torch.testing.assert_close(shared(images), own(images), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", SPACES)
def test_equal_networks_share_every_layer_with_weights(name: str) -> None:
    space, layers = SPACES[name], SharedLayers(1)
    a, b = (space.build(space.smallest, 10, layers=layers) for _ in range(2))
    assert all(x is y for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_shared_layers_are_let_go_when_they_become_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot.networks.SHARED_BYTES", 100)
    layers = SharedLayers(1)
    first, again = (layers("a", nn.Linear, 10, 10) for _ in range(2))
    assert layers("b", nn.Linear, 10, 10) is not first  # by now there is too much
    assert layers("a", nn.Linear, 10, 10) is not again
    assert torch.equal(layers("a", nn.Linear, 10, 10).state_dict()["weight"], again.state_dict()["weight"])


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
