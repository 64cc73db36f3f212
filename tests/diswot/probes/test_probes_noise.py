"""The probe that needs no data."""

import pytest
import torch

from diswot.probes import load_probe
from diswot.spec.probe import ProbeSpec


def test_noise_has_the_shape_of_the_networks_input() -> None:
    probe = load_probe(ProbeSpec("noise", 16), 10, (1, 7, 9), seed=0)
    assert probe.images.shape == (16, 1, 7, 9)
    assert probe.images.dtype == torch.float32
    assert probe.labels.bincount(minlength=10).max() - probe.labels.bincount(minlength=10).min() == 1
    assert probe.source == "seeded white noise, 16 images"


def test_pixels_are_standard_normal() -> None:
    images = load_probe(ProbeSpec("noise", 64), 10, (3, 32, 32), seed=5).images
    assert float(images.mean()) == pytest.approx(0.0, abs=0.01)
    assert float(images.std()) == pytest.approx(1.0, abs=0.01)


def test_the_seed_decides_and_the_global_generator_does_not() -> None:
    state = torch.random.get_rng_state()
    first = load_probe(ProbeSpec("noise", 8), 10, (3, 4, 4), seed=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(1)
    assert load_probe(ProbeSpec("noise", 8), 10, (3, 4, 4), seed=1).fingerprint == first.fingerprint
    assert load_probe(ProbeSpec("noise", 8), 10, (3, 4, 4), seed=2).fingerprint != first.fingerprint


def test_a_fingerprint_tells_pixels_labels_and_shapes_apart() -> None:
    probe = load_probe(ProbeSpec("noise", 8), 10, (1, 4, 4), seed=1)
    others = [
        type(probe)(probe.images + 1, probe.labels, probe.source),
        type(probe)(probe.images, probe.labels.roll(1), probe.source),
        type(probe)(probe.images.reshape(8, 1, 2, 8), probe.labels, probe.source),
    ]
    assert len({probe.fingerprint, *(other.fingerprint for other in others)}) == 4
    assert type(probe)(probe.images, probe.labels, "another source").fingerprint == probe.fingerprint


def test_moving_keeps_values_and_lays_channels_last() -> None:
    probe = load_probe(ProbeSpec("noise", 8), 10, (3, 4, 4), seed=1)
    moved = probe.to("cpu")
    assert moved.images.is_contiguous(memory_format=torch.channels_last)
    assert moved.fingerprint == probe.fingerprint
    assert probe.to("cpu", torch.float64).images.dtype == torch.float64
