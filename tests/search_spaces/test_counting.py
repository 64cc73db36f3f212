"""Costs counted on built networks, worked out by hand; and what is said of networks that cannot be counted."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diswot_spaces import CIFAR, Architecture, Costs, SearchSpace, Shape
from diswot_spaces.errors import InputError, InvalidArchitecture
from diswot_spaces.layers import LayerFactory, fresh
from diswot_spaces.networks.counting import count_costs

SIDE = 8
AREA = SIDE * SIDE


class Residual(nn.Module):
    """A convolution beside its input, then the mean of each channel."""

    def __init__(self, conv: nn.Module) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        return (x + F.relu(self.conv(x), inplace=True)).mean((2, 3))


class Attention(nn.Module):
    """One head over the pixels, and the mean of them."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(4, 12, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x.flatten(2).transpose(1, 2)).chunk(3, -1)
        return F.scaled_dot_product_attention(q, k, v).mean(1)


class Twice(nn.Module):
    """One convolution run two times."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(self.conv(x))
        return out.mean((2, 3))


def frozen() -> nn.Module:
    return nn.Sequential(nn.Conv2d(4, 4, 1, bias=False).requires_grad_(False), nn.Flatten(), nn.Linear(4 * AREA, 2))


@pytest.mark.parametrize(
    ("make", "params", "macs", "depth", "numbers"),
    [
        # The input stays for the sum; the convolution makes a tensor, the ReLU none, and the sum a third.
        (lambda: Residual(nn.Conv2d(4, 4, 3, padding=1)), 4 * 4 * 9 + 4, 144 * AREA, 1, 3 * 4 * AREA),
        (lambda: Residual(nn.Conv2d(4, 4, 3, padding=1, groups=4)), 4 * 9 + 4, 36 * AREA, 1, 3 * 4 * AREA),
        # Each number of the input meets 2 x 2 weights of each output channel.
        (
            lambda: nn.Sequential(nn.ConvTranspose2d(4, 2, 2, stride=2, bias=False), nn.Flatten()),
            4 * 2 * 4,
            4 * 2 * 4 * AREA,
            1,
            (4 + 2 * 4) * AREA,
        ),
        (Twice, 16, 2 * 16 * AREA, 2, 2 * 4 * AREA),
        # Weights that are not trained are no parameters, and still a layer.
        (frozen, 2 * 4 * AREA + 2, 16 * AREA + 2 * 4 * AREA, 2, 2 * 4 * AREA),
    ],
)
def test_costs_by_hand(make: Callable[[], nn.Module], params: int, macs: int, depth: int, numbers: int) -> None:
    costs, _ = count_costs(lambda _: make(), (4, SIDE, SIDE))
    assert costs == Costs(params, macs, depth, 4 * numbers)


def test_products_of_attention_count_as_multiply_accumulates() -> None:
    costs, shape = count_costs(lambda _: Attention(), (4, SIDE, SIDE))
    assert costs.params == 48
    assert costs.macs == 48 * AREA + 2 * AREA * AREA * 4  # queries by keys, and their products by values
    assert costs.depth == 1
    assert shape == (1, 4)


class Simple(SearchSpace):
    """Costs are not written down, nor is how to write architectures."""

    name = "simple"
    options = ((8, 16), ("relu", "none"), ("fine", "image", "maps", "raises"))

    def __init__(self) -> None:
        self.built: list[Architecture] = []

    def canonical(self, arch: Architecture) -> Architecture:
        return arch.changed(1, 0)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        self.built.append(arch)
        width, _, kind = self.values(arch)
        if kind == "raises":
            raise RuntimeError("no such layer")
        if kind == "maps":
            return nn.Conv2d(in_shape[0], num_classes, 1)
        kernel = 64 if kind == "image" else 3
        conv = nn.Conv2d(in_shape[0], width, kernel, bias=False)
        return nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes))


def test_costs_are_counted_once_for_each_canonical_form() -> None:
    space = Simple()
    archs = [space.arch([0, second, 0]) for second in (0, 1, 0)]
    costs = {space.costs(arch, 10, (3, 8, 8)) for arch in archs}
    assert costs == {Costs(3 * 8 * 9 + 90, 216 * 36 + 80, 2, 4 * (3 * 64 + 8 * 36))}
    assert space.built == [archs[0]]
    assert not space.has_formulas


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (1, 'the network of [8,"relu","image"] in simple cannot be run on images of (3, 8, 8): RuntimeError: '),
        (2, 'the network of [8,"relu","maps"] in simple gives (1, 10, 8, 8) for an image, not (1, 10)'),
        (3, 'the network of [8,"relu","raises"] in simple cannot be run on images of (3, 8, 8): RuntimeError: no such'),
    ],
)
def test_what_cannot_be_counted_is_one_sentence(kind: int, sentence: str) -> None:
    space = Simple()
    with pytest.raises(InvalidArchitecture, match=f"^{re.escape(sentence)}"):
        space.costs(space.arch([0, 0, kind]), 10, (3, 8, 8))
    with pytest.raises(InputError, match=r"^classes must be at least 1, not 0$"):
        space.costs(space.arch([0, 0, 0]), 0)


def test_counting_leaves_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    space = Simple()
    space.costs(space.arch([1, 0, 0]), 10)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[8", "an architecture of simple is JSON; '[8' is not: "),
        ("8", "an architecture of simple is a list of 3 options, not '8'"),
        ('[8,"relu"]', "an architecture of simple is a list of 3 options, not '[8,\"relu\"]'"),
        ('[8,"tanh","fine"]', 'decision 1 of simple is one of "relu", "none", not "tanh"'),
        ('[true,"relu","fine"]', "decision 0 of simple is one of 8, 16, not true"),
    ],
)
def test_a_malformed_string_says_where(text: str, message: str) -> None:
    with pytest.raises(InvalidArchitecture, match=f"^{re.escape(message)}"):
        Simple().decode(text)


def test_strings_are_json() -> None:
    space = Simple()
    arch = space.sample(np.random.default_rng(0))
    assert space.encode(space.arch([1, 0, 0])) == '[16,"relu","fine"]'
    assert space.decode(' [16, "relu", "fine"] ') == space.arch([1, 0, 0])
    assert space.decode(space.encode(arch)) == arch
