"""SynFlow by hand, and on networks whose flow float64 cannot hold."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from diswot.proxies.base import ProxyInput
from diswot.proxies.synflow import synflow

Toy = Callable[[nn.Module, Tensor, Tensor], ProxyInput]


def flow(toy: Toy, *layers: nn.Module, channels: int = 1, size: int = 1) -> float:
    network = nn.Sequential(*layers).requires_grad_(False)
    return synflow(toy(network, torch.randn(2, channels, size, size), torch.tensor([0, 1])))


def weighted(layer: nn.Conv2d | nn.Linear, *weights: float) -> nn.Module:
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights).view_as(layer.weight))
    return layer


def test_one_layer(toy: Toy) -> None:
    assert flow(toy, nn.Flatten(), weighted(nn.Linear(2, 2, bias=False), 1, -2, 3, 4), channels=2) == pytest.approx(
        math.log(10)
    )


def test_each_layer_carries_the_whole_flow_and_norms_none(toy: Toy) -> None:
    # |w| = (1, 2), then (1, 1): the flow is 3 through each of two layers; the norm, which would blank it, is passed by.
    conv = weighted(nn.Conv2d(1, 2, 1, bias=False), 1, -2)
    head = weighted(nn.Linear(2, 1, bias=False), 1, -1)
    assert flow(toy, conv, nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), head) == pytest.approx(math.log(6))


def test_saturating_units_do_not_stop_it(toy: Toy) -> None:
    layers = weighted(nn.Conv2d(1, 1, 1, bias=False), 100), nn.ReLU6(), nn.Flatten()
    assert flow(toy, *layers, weighted(nn.Linear(1, 1, bias=False), 1)) == pytest.approx(math.log(200))


def test_a_flow_beyond_float64(toy: Toy) -> None:
    layers = [weighted(nn.Conv2d(1, 1, 1, bias=False), 10) for _ in range(400)]
    head = weighted(nn.Linear(1, 1, bias=False), 1)
    assert flow(toy, *layers, nn.Flatten(), head) == pytest.approx(math.log(401) + 400 * math.log(10))


def test_no_flow_is_finite_and_least(toy: Toy) -> None:
    dead = flow(toy, nn.Flatten(), weighted(nn.Linear(1, 1, bias=False), 0))
    assert math.isfinite(dead)
    assert dead < -100
