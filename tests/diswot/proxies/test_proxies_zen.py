"""Zen-score of networks that a pencil can follow."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from diswot.errors import NotAClassifier
from diswot.proxies.base import ProxyInput
from diswot.proxies.zen import STEP, zen
from diswot.seeds import derive_seed

Toy = Callable[[nn.Module, Tensor, Tensor], ProxyInput]


def score(toy: Toy, *layers: nn.Module) -> float:
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2)).requires_grad_(False)
    return zen(toy(network, torch.zeros(3, 1, 4, 4), torch.tensor([0, 1, 0])))


def convolution(weight: float) -> nn.Conv2d:
    layer = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.constant_(layer.weight, weight)
    return layer


def test_a_convolution_of_one_weight_passes_the_step_on(toy: Toy) -> None:
    generator = torch.Generator().manual_seed(derive_seed(0, "zen"))
    _, noise = (torch.randn(3, 1, 4, 4, generator=generator) for _ in range(2))
    expected = math.log(STEP * float(noise.abs().sum()) / 3)
    # Whatever its weight is: it is scaled to variance one.
    for weight in (1.0, -7.0):
        assert score(toy, convolution(weight)) == pytest.approx(expected, rel=1e-4)


def test_a_norm_gives_back_what_it_takes_away(toy: Toy) -> None:
    # The norm divides the step by the deviation whose logarithm the score adds; the two batches differ a little.
    plain, normed = score(toy, convolution(1.0)), score(toy, convolution(1.0), nn.BatchNorm2d(1))
    assert normed == pytest.approx(plain, abs=0.05)


def test_a_network_that_does_not_react_is_finite_and_least(toy: Toy) -> None:
    dead = score(toy, convolution(1.0), nn.Threshold(1e9, 0.0))
    assert math.isfinite(dead)
    assert dead < -20


def test_a_network_without_maps_is_refused(toy: Toy) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    with pytest.raises(NotAClassifier, match="no feature map"):
        zen(toy(network, torch.zeros(2, 1, 2, 2), torch.tensor([0, 1])))
