"""What the machine allows: no forward pass is faster than its products, nor than its maps go through memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from benchmarks.speed.stopwatch import synchronise
from search_spaces import Shape
from search_spaces.nasbench201_cells import CELLS, EDGES, KERNELS, OUTPUT, WIDTHS

MATRIX = 3072
"""Rows and columns of the large matrix product."""

BUFFER = 2**28
"""Bytes of the buffer that is copied, larger than any cache."""

REPEATS = 3


@dataclass(frozen=True, slots=True)
class Roofline:
    """Lower bounds of a forward pass, in seconds an architecture.

    Attributes:
        products: its multiply-accumulates at the rate of a large matrix product.
        maps: the inputs and outputs of its operations at the rate of a large copy.
    """

    products: float
    maps: float

    @property
    def bound(self) -> float:
        """The larger of both."""
        return max(self.products, self.maps)


def roofline(
    macs: Sequence[int], values: Sequence[int], batch: int, itemsize: int, flops: float, bandwidth: float
) -> Roofline:
    """The bounds, as means over architectures.

    Args:
        macs: of one image, for each architecture.
        values: read or written for one image, for each architecture.
        batch: images N.
        itemsize: bytes of a value.
        flops: floating-point operations a second of a large matrix product; a multiply-accumulate is two.
        bandwidth: bytes a second, read and written.

    Example:
        >>> roofline([10], [30], batch=2, itemsize=4, flops=20.0, bandwidth=80.0)
        Roofline(products=2.0, maps=3.0)
    """
    count = len(macs)
    return Roofline(2 * batch * sum(macs) / count / flops, itemsize * batch * sum(values) / count / bandwidth)


def traffic(operations: Sequence[str], live: Sequence[bool], in_shape: Shape) -> int:
    """Values that the operations of a NAS-Bench-201 network read and write for one image.

    Operations are those of the definition, one by one: ReLU, convolution, batch norm, pooling and the addition of two
    maps. Only live edges count; weights are left out.

    Args:
        operations: of the cell's edges.
        live: for each edge, whether the output depends on it.
        in_shape: channels, height, width.
    """
    cell = CELLS * _cell(operations, live)
    (channels, height, width), (first, *rest) = in_shape, WIDTHS
    size = first * height * width
    total = channels * height * width + (3 + cell) * size  # the stem's convolution writes, its norm reads and writes
    for filters in rest:
        large, small = size, size // (height * width)
        height, width = (height + 1) // 2, (width + 1) // 2
        small, size = small * height * width, filters * height * width
        # Two branches, (ReLU, convolution, norm) twice and (pooling, convolution), and their sum.
        total += (3 * large + 3 * size) + 6 * size + (large + small) + (small + size) + 3 * size
        total += cell * size
    return total + 5 * size  # the last norm, ReLU, and what the pooling reads


def _cell(operations: Sequence[str], live: Sequence[bool]) -> int:
    """Maps that a cell's operations read and write."""
    edges = [(edge, name) for edge, name, on in zip(EDGES, operations, live, strict=True) if on]
    if not edges:
        return 2  # x * 0
    cost = dict.fromkeys(KERNELS, 6) | {"avg_pool_3x3": 2, "skip_connect": 0}
    sums = sum(max(0, sum(edge[1] == node for edge, _ in edges) - 1) for node in range(1, OUTPUT + 1))
    return sum(cost[name] for _, name in edges) + 3 * sums


def matrix_rate(_: object, dtype: torch.dtype, device: str, size: int = MATRIX) -> float:
    """Floating-point operations a second of the best of a few products of square matrices."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(size, size, generator=generator).to(device, dtype) for _ in range(2))
    return 2 * size**3 / _best(lambda: a @ b, a.device)


def copy_rate(_: object, device: str, size: int = BUFFER) -> float:
    """Bytes a second, read and written, of the best of a few copies of a large buffer."""
    source, target = (torch.ones(size, dtype=torch.uint8, device=device) for _ in range(2))
    return 2 * size / _best(lambda: target.copy_(source), source.device)


def _best(work: Callable[[], object], device: torch.device) -> float:
    seconds = []
    for _ in range(REPEATS):
        synchronise(device)
        start = time.perf_counter()
        work()
        synchronise(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
