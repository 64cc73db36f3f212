"""Dead leaves: noise with the statistics of natural images, a probe that needs no data.

Leaves of random size, place and colour fall until they cover the image: edges, flat regions, and a power law of sizes
give the scale-free spectrum and the heavy-tailed contrasts of photographs, which independent pixels lack.

Source: Lee, Mumford and Huang, "Occlusion Models for Natural Images", International Journal of Computer Vision, 2001.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from diswot.probes.batch import IMAGENET, ProbeBatch
from diswot.probes.draw import balanced_labels
from diswot.seeds import derive_seed, stream
from diswot_spaces import Shape

SMALLEST, LARGEST = 1 / 8, 1.0
"""Radii of the leaves, relative to the shorter side; their density falls with the third power."""
LUMINANCE, CHROMA, SHADING, PIXEL = 0.57, 0.15, 0.2, 0.03
"""Standard deviations: of what all channels share, of each channel alone, of the slope within a leaf, of each pixel."""
MOST_LEAVES = 400


def dead_leaves(size: int, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """Images of occluding ellipses, normalised channel by channel over the batch, with balanced labels.

    Args:
        size: number of images N.
        num_classes: labels are drawn from `range(num_classes)`.
        shape: channels, height, width.
        seed: of the pixels and labels.
    """
    rng = stream(seed, "probe", "leaves")
    images = np.stack([_image(shape, rng) for _ in range(size)])
    images -= images.mean((0, 2, 3), keepdims=True)
    images /= images.std((0, 2, 3), keepdims=True)
    labels = balanced_labels(size, num_classes, torch.Generator().manual_seed(derive_seed(seed, "labels", "leaves")))
    return ProbeBatch(torch.from_numpy(images).float(), labels, f"seeded dead-leaves noise, {size} images", IMAGENET)


def _image(shape: Shape, rng: np.random.Generator) -> NDArray[np.float64]:
    """One image `(C, H, W)`; leaves fall front to back, so that each pixel is painted once."""
    channels, height, width = shape
    rows, columns = np.mgrid[:height, :width]
    image = np.zeros(shape)
    free = np.ones((height, width), dtype=bool)
    for _ in range(MOST_LEAVES):
        along, across = _leaf(rows, columns, rng)
        new = free & (along**2 + across**2 <= 1)
        shade = SHADING * (rng.standard_normal() * along + rng.standard_normal() * across)
        image[:, new] = _colour(channels, rng)[:, None] + shade[new]
        free &= ~new
        if not free.any():
            break
    light = 0.5 * _colour(channels, rng)
    return image + light[:, None, None] + PIXEL * rng.standard_normal(shape)


def _leaf(
    rows: NDArray[np.int_], columns: NDArray[np.int_], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each pixel's coordinates along and across a random ellipse, whose rim is the unit circle."""
    height, width = rows.shape
    side = min(height, width)
    near, far = (SMALLEST * side) ** -2, (LARGEST * side) ** -2
    radius = (near - rng.random() * (near - far)) ** -0.5
    down, right = rng.random(2) * (height + side, width + side) - side / 2
    angle, flat = np.pi * rng.random(), 0.5 + 0.5 * rng.random()
    dy, dx = rows - down, columns - right
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / radius
    across = (dy * np.cos(angle) - dx * np.sin(angle)) / (radius * flat)
    return along, across


def _colour(channels: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return LUMINANCE * rng.standard_normal() + CHROMA * rng.standard_normal(channels)
