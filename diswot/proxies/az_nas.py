"""The components of AZ-NAS that look at the outputs of the building blocks (stem, cells, reductions).

Lee and Ham, "AZ-NAS: Assembling Zero-Cost Proxies for Network Architecture Search", CVPR 2024. The
input is white noise, as in the authors' code: on images the entropies fall from block to block and progressivity ranks
backwards. The fourth component, complexity, is the MAC count.
"""

from __future__ import annotations

import statistics
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.observation.kernels import spectral_entropy
from diswot.proxies.base import ProxyInput
from diswot.seeds import derive_seed

FLOOR = 2.0 - 1e6
"""Trainability of a block that passes nothing back; and of one that passes everything as it is, for which the published
code says minus infinity."""


def expressivity(inputs: ProxyInput) -> float:
    """Sum over the blocks of the entropy of the channel covariance's spectrum."""
    return sum(_entropies(inputs))


def progressivity(inputs: ProxyInput) -> float:
    """Smallest gain of that entropy from one block to the next; 0 for a single block."""
    return min((after - before for before, after in pairwise(_entropies(inputs))), default=0.0)


def _entropies(inputs: ProxyInput) -> list[float]:
    return [spectral_entropy(block.detach()) for block in inputs.noise_trace.blocks]


def trainability(inputs: ProxyInput) -> float:
    """Mean over the blocks of `-s - 1/s + 2`.

    s is the spectral norm of the matrix that maps gradients back through a block; it is estimated with random signs for
    gradients, drawn by a constant seed for each block.
    """
    scores = []
    for i, (before, after) in enumerate(pairwise(inputs.noise_trace.blocks)):
        generator = torch.Generator().manual_seed(derive_seed(0, "az-nas", i))
        signs = torch.randint(0, 2, after.shape, generator=generator).to(after) * 2 - 1
        (back,) = torch.autograd.grad(after, before, signs, retain_graph=True, materialize_grads=True)
        scores.append(block_trainability(back.float(), signs.float()))
    return statistics.fmean(scores) if scores else 0.0


def block_trainability(back: Tensor, signs: Tensor) -> float:
    """The score of one block.

    Args:
        back: `(N, C, H, W)` gradient at the block's input; of a larger map, each tile becomes channels.
        signs: `(N, C', H', W')` gradient at its output.

    Returns:
        At most 0, where a block keeps the gradient's scale.
    """
    if back.shape == signs.shape and torch.equal(back, signs):
        return FLOOR
    if back.shape[2:] != signs.shape[2:]:
        back = _tiles_as_channels(back, signs.shape[2])
    a, b = (x.transpose(0, 1).flatten(1) for x in (back, signs))
    norm = float(torch.linalg.matrix_norm(a @ b.T / b.shape[1], 2))
    return -norm - 1 / (norm + 1e-6) + 2


def _tiles_as_channels(maps: Tensor, size: int) -> Tensor:
    """Maps `(N, C, H, W)` at `size` pixels of height: tiles of pixels become channels, odd sizes are padded."""
    stride = -(-maps.shape[2] // size)
    padding = (0, -maps.shape[3] % stride, 0, -maps.shape[2] % stride)
    return F.pixel_unshuffle(F.pad(maps, padding), stride)
