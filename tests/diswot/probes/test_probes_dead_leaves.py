"""Noise with the statistics of natural images."""

import numpy as np
import pytest
import torch

from diswot.probes import load_probe
from diswot.spec.probe import ProbeSpec

SHAPE = (3, 32, 32)


@pytest.mark.parametrize("shape", [SHAPE, (1, 20, 28), (4, 9, 9)])
def test_images_are_normalised_and_labels_balanced(shape: tuple[int, int, int]) -> None:
    probe = load_probe(ProbeSpec("dead-leaves", 16), 10, shape, seed=0)
    assert probe.images.shape == (16, *shape)
    assert probe.images.dtype == torch.float32
    torch.testing.assert_close(probe.images.mean((0, 2, 3)), torch.zeros(shape[0]), atol=1e-5, rtol=0)
    torch.testing.assert_close(probe.images.std((0, 2, 3), correction=0), torch.ones(shape[0]))
    assert int(probe.labels.bincount(minlength=10).max()) == 2


def test_it_needs_no_data_and_is_the_default() -> None:
    assert ProbeSpec().source == "dead-leaves"


def test_the_seed_decides() -> None:
    prints = [load_probe(ProbeSpec("dead-leaves", 4), 10, SHAPE, seed).fingerprint for seed in (1, 1, 2)]
    assert prints[0] == prints[1] != prints[2]


def test_neighbours_are_alike_and_edges_are_rare_but_strong_as_in_photographs() -> None:
    images = load_probe(ProbeSpec("dead-leaves", 32), 10, SHAPE, seed=0).images.numpy()
    steps = np.diff(images, axis=3).ravel()
    neighbours = np.corrcoef(images[..., 1:].ravel(), images[..., :-1].ravel())[0, 1]
    kurtosis = float(np.mean(steps**4) / np.mean(steps**2) ** 2)
    assert neighbours > 0.8  # white noise: 0
    assert kurtosis > 6  # white noise: 3


def test_power_falls_with_frequency_about_as_in_photographs() -> None:
    images = load_probe(ProbeSpec("dead-leaves", 64), 10, SHAPE, seed=0).images.numpy().mean(1)
    power = np.abs(np.fft.fft2(images - images.mean((1, 2), keepdims=True))).mean(0) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(32), np.fft.fftfreq(32)))
    band = (frequency > 1 / 32) & (frequency < 0.35)
    slope = np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]
    assert -3.2 < slope < -1.6  # natural images: about -2


def test_the_global_generators_are_left_alone() -> None:
    before = torch.random.get_rng_state()
    load_probe(ProbeSpec("dead-leaves", 2), 10, SHAPE, seed=0)
    assert torch.equal(torch.random.get_rng_state(), before)
