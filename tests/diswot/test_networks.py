"""Random weights that depend on nothing but the seed and the names of the parameters."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from diswot.networks import LayerCache, _layers, build_random, layer_cache
from diswot_spaces import CIFAR, SPACES, Architecture, Shape, get_space
from diswot_spaces.cifar_resnet import CifarResNets
from diswot_spaces.layers import LayerFactory, fresh

ASCENDING = ["nasbench201", "cifar-resnet", "mobilenetv2"]
"""Spaces that know their smallest architecture."""


@pytest.mark.parametrize("name", ASCENDING)
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


@pytest.mark.parametrize("name", ASCENDING)
def test_a_network_of_cached_layers_is_the_network_of_its_own(name: str) -> None:
    space, rng = SPACES[name], np.random.default_rng(0)
    layers = LayerCache(1)
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for arch in (space.smallest, *(space.sample(rng) for _ in range(3))):
        own = build_random(partial(space.build, arch, 10), 1)
        shared = space.build(arch, 10, layers=layers).eval()
        assert own.state_dict().keys() == shared.state_dict().keys()
        for parameter, value in shared.state_dict().items():
            assert torch.equal(value, own.state_dict()[parameter]), parameter
        torch.testing.assert_close(shared(images), own(images), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", ASCENDING)
def test_equal_networks_share_every_layer_with_weights(name: str) -> None:
    space, layers = SPACES[name], LayerCache(1)
    a, b = (space.build(space.smallest, 10, layers=layers) for _ in range(2))
    assert all(x is y for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_the_longest_unused_of_many_cached_layers_are_let_go() -> None:
    layers = LayerCache(1, kept=_layers(3 * (1024 + 4 * 110)))
    a, b, c = (layers(path, nn.Linear, 10, 10) for path in "abc")
    assert layers("a", nn.Linear, 10, 10) is a
    layers("d", nn.Linear, 10, 10)  # by now there is too much
    assert (layers("a", nn.Linear, 10, 10) is a, layers("c", nn.Linear, 10, 10) is c) == (True, True)
    again = layers("b", nn.Linear, 10, 10)
    assert again is not b
    assert torch.equal(again.state_dict()["weight"], b.state_dict()["weight"])


def test_a_layer_that_is_too_large_to_be_kept_is_made_each_time() -> None:
    layers = LayerCache(1, kept=_layers(1000))
    a, b = (layers("a", nn.Linear, 10, 10) for _ in range(2))
    assert a is not b
    assert torch.equal(a.state_dict()["weight"], b.state_dict()["weight"])


def test_layers_of_many_seeds_are_kept_side_by_side() -> None:
    def asked() -> list[nn.Module]:
        return [layer_cache(seed, torch.device("cpu"), torch.float32)("a", nn.Linear, 3, 3) for seed in range(6)]

    first, again = asked(), asked()
    assert all(x is y for x, y in zip(first, again, strict=True))
    assert len({float(layer.state_dict()["weight"].sum()) for layer in first}) == 6


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


class Deaf(CifarResNets):
    """A space whose builder makes its layers by itself."""

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, _: LayerFactory = fresh
    ) -> nn.Module:
        return super().build(arch, num_classes, in_shape)


class Half(CifarResNets):
    """A space whose builder makes every other layer by itself."""

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        made = count()

        def every_other(path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
            return layers(path, make, *args) if next(made) % 2 else make(*args)

        return super().build(arch, num_classes, in_shape, every_other)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("kind", [Deaf, Half])
def test_layers_that_a_builder_makes_by_itself_have_the_same_weights(
    kind: type[CifarResNets], dtype: torch.dtype
) -> None:
    arch = kind().decode("3-1-1")
    layers = LayerCache(1, dtype=dtype)
    before = torch.random.get_rng_state()
    for _ in range(2):
        asked, made = (layers.network(partial(space.build, arch, 10, CIFAR)) for space in (CifarResNets(), kind()))
        assert asked.state_dict().keys() == made.state_dict().keys()
        for name, value in asked.state_dict().items():
            other = made.state_dict()[name]
            assert torch.equal(value, other), name
            assert (value.dtype, value.stride()) == (other.dtype, other.stride())
        assert not any(parameter.requires_grad for parameter in made.parameters())
        assert not made.training
    assert torch.equal(torch.random.get_rng_state(), before)


def test_layers_that_were_asked_for_are_shared_all_the_same() -> None:
    layers, space = LayerCache(1), Half()
    a, b = (layers.network(partial(space.build, space.smallest, 10, CIFAR)) for _ in range(2))
    same = [x is y for x, y in zip(a.parameters(), b.parameters(), strict=True)]
    assert any(same)
    assert not all(same)


class Constant(nn.Module):
    """Adds numbers that it holds in a buffer, in an attribute and by way of `item`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.register_buffer("shift", torch.arange(4.0).reshape(4, 1, 1))
        self.scale = torch.tensor([2.0])
        self.noise = nn.Buffer(torch.randn(4, 1, 1), persistent=False)
        self.head = nn.Linear(4, 10)

    def forward(self, x: Tensor) -> Tensor:
        maps = (self.conv(x) + self.shift) * self.scale + self.noise
        out: Tensor = self.head(maps.mean((2, 3)))
        return out


class Counting(nn.Module):
    """Asks for a number while it is built."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = [rate.item() for rate in torch.linspace(0, 1, 3)]
        self.head = nn.Linear(3, 10)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(x.mean((2, 3)) * self.steps[1])
        return out


@pytest.mark.parametrize("make", [Constant, Counting])
def test_networks_that_hold_numbers_of_their_own_keep_them(make: Callable[[], nn.Module]) -> None:
    before = torch.random.get_rng_state()
    images = torch.ones(2, 3, 8, 8)
    own = build_random(make, 1)(images)
    assert torch.isfinite(own).all()
    for network in (build_random(make, 1), LayerCache(1).network(lambda _: make())):
        torch.testing.assert_close(network(images), own, rtol=1e-4, atol=1e-4)
    assert not torch.equal(build_random(make, 2)(images), own)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_statistics_of_every_norm_start_anew() -> None:
    network = build_random(lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)), 0)
    norm = network.get_submodule("1")
    assert isinstance(norm, nn.BatchNorm1d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert not norm.running_mean.any()
    assert (norm.running_var == 1).all()
