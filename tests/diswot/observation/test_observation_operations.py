"""The substitutes give what torch's own operations give."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.observation import observe
from diswot.observation.capture import Capture
from diswot.observation.operations import mean_pool, normalised
from diswot.probes.noise import white_noise

SHAPES = [(4, 16, 8, 8), (3, 16, 5, 7), (2, 48, 6, 6), (2, 64, 4, 4), (2, 128, 3, 3), (1, 1, 16, 16), (2, 16, 1, 1)]


def maps(*shape: int, last: bool = True) -> Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 3 + torch.arange(shape[1])[:, None, None]
    return values.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_is_torch_s(shape: tuple[int, int, int, int], last: bool) -> None:
    values = maps(*shape, last=last)
    weight, bias = torch.linspace(0.5, 2.0, shape[1]), torch.linspace(-1.0, 1.0, shape[1])
    for scale, shift in ((None, None), (weight, bias)):
        expected = F.batch_norm(values, None, None, scale, shift, training=True)
        found = normalised(values, torch.full((shape[1],), 9.0), None, scale, shift, training=False)
        assert found.shape == values.shape
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_batch_norm_of_pixels_that_differ_by_place_counts_their_spread() -> None:
    """A map whose value depends on the column alone: each column of a row is constant, the channel is not."""
    values = torch.arange(16.0).expand(2, 16, 16, 16).contiguous(memory_format=torch.channels_last)
    found = normalised(values)
    assert float(found.mean()) == pytest.approx(0.0, abs=1e-5)
    assert float(found.square().mean()) == pytest.approx(1.0, abs=1e-4)


def test_batch_norm_of_flat_features_and_under_gradients_is_left_to_torch() -> None:
    features = torch.randn(8, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(normalised(features), F.batch_norm(features, None, None, training=True))
    values = maps(4, 16, 8, 8).requires_grad_()
    (gradient,) = torch.autograd.grad(normalised(values).square().sum(), values)
    assert gradient.shape == values.shape


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_mean_pool_is_torch_s(shape: tuple[int, int, int, int], last: bool) -> None:
    values = maps(*shape, last=last)
    cases: tuple[dict[str, Any], ...] = (
        {"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False},
        {"kernel_size": 3, "stride": 1, "padding": 1},
        {"kernel_size": 1, "stride": 1},
    )
    for options in cases:
        torch.testing.assert_close(mean_pool(values, **options), F.avg_pool2d(values, **options), rtol=1e-5, atol=1e-5)


def by_torch(values: Tensor, *ignored: Any, weight: Tensor, bias: Tensor, eps: float, **named: Any) -> Tensor:
    return F.batch_norm(values, None, None, weight, bias, training=True, eps=eps)


def test_an_observation_is_that_of_torch_s_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(16, 4),
    ).to(memory_format=torch.channels_last)  # fmt: skip
    probe = white_noise(8, 4, (3, 16, 16), 0)
    found = observe(network, probe, Capture.KERNELS | Capture.MAPS)
    monkeypatch.setattr("diswot.observation.taps.normalised", by_torch)
    monkeypatch.setattr("diswot.observation.taps.mean_pool", F.avg_pool2d)
    expected = observe(network, probe, Capture.KERNELS | Capture.MAPS)
    torch.testing.assert_close(found.logits, expected.logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.map_before_pooling, expected.map_before_pooling, rtol=1e-3, atol=1e-4)
    assert (found.layer_kernels - expected.layer_kernels).abs().max() <= 2  # a unit on the edge of zero may switch
