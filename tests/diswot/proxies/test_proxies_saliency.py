"""Norms and saliencies of two linear networks, worked out by hand."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from diswot.proxies.base import ProxyInput
from diswot.proxies.saliency import fisher, grad_norm, grasp, inverse_variation, l2_norm, snip, zico

Toy = Callable[[nn.Module, Tensor, Tensor], ProxyInput]

LN3 = math.log(3)


def test_gradient_by_hand(linear_toy: ProxyInput) -> None:
    (gradient,) = linear_toy.gradients.weights
    torch.testing.assert_close(gradient, torch.tensor([[-0.125, 0.5], [0.125, -0.5]]))


def test_norms(linear_toy: ProxyInput) -> None:
    assert l2_norm(linear_toy) == pytest.approx(LN3)
    assert grad_norm(linear_toy) == pytest.approx(math.sqrt(2 * (0.125**2 + 0.5**2)))


def test_snip(linear_toy: ProxyInput) -> None:
    assert snip(linear_toy) == pytest.approx(LN3 / 8)


def test_grasp(linear_toy: ProxyInput) -> None:
    # Image 1: [[3/16, -3/16], [-3/16, 3/16]] (-1/8, 1/8) = (-3/64, 3/64), halved by the mean; times -ln 3.
    assert grasp(linear_toy) == pytest.approx(LN3 * 3 / 128)


def test_fisher(linear_toy: ProxyInput) -> None:
    # Logits (ln 3, 0) and (0, 0), their gradients (-1/8, 1/8) and (1/4, -1/4): only one product is not zero.
    assert fisher(linear_toy) == pytest.approx((LN3 / 8) ** 2 / 2 / 2)


def test_fisher_sums_a_channel_over_its_positions(toy: Toy, linear_toy: ProxyInput) -> None:
    # One channel of two pixels, weight 2; the mean of the pixels is the logit of class 0, the other logit is 0.
    conv, head = nn.Conv2d(1, 1, 1, bias=False), nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        conv.weight.fill_(2.0)
        head.weight.copy_(torch.tensor([[1.0], [0.0]]))
    network = nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head).requires_grad_(False)
    # Pixels 1 and -1: outputs 2 and -2, mean 0, probabilities 1/2; each pixel's gradient is -1/4: products cancel.
    inputs = toy(network, torch.tensor([1.0, -1.0]).view(1, 1, 1, 2), torch.tensor([0]))
    assert fisher(inputs) == pytest.approx(0.0, abs=1e-12)


def test_zico(linear_toy: ProxyInput) -> None:
    # Gradients of the images are [[-1/4, 0], [1/4, 0]] and [[0, 1], [0, -1]]: for each weight mean and deviation agree.
    assert zico(linear_toy) == pytest.approx(math.log(4))


def test_zico_of_a_layer() -> None:
    # Mean 2, deviation 1; mean 4, deviation 2; a weight that does not vary.
    assert inverse_variation(torch.tensor([[1.0, -2.0, 5.0], [3.0, -6.0, 5.0]])) == pytest.approx(math.log(4))
    assert inverse_variation(torch.zeros(2, 3)) == 0.0


def test_layers_add_up(toy: Toy) -> None:
    layers = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1), nn.Flatten(), nn.Linear(2, 2)
    network = nn.Sequential(*layers).requires_grad_(False)
    for weight in (layers[0].weight, layers[2].weight, layers[4].weight):
        nn.init.ones_(weight)
    inputs = toy(network, torch.ones(2, 1, 3, 3), torch.tensor([0, 1]))
    # Euclidean norms of 18, 4 and 4 ones; neither biases nor norms count.
    assert l2_norm(inputs) == pytest.approx(math.sqrt(18) + 2 + 2)
