"""NAS-Bench-201: cells of four nodes whose six edges each take one of five operations.

Dong and Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from diswot_spaces.architecture import CIFAR, Architecture, Shape, check_input
from diswot_spaces.base import SearchSpace
from diswot_spaces.costs import Costs, alive, batch_norm, classifier, convolution, halved, numbers
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.layers import LayerFactory, fresh
from diswot_spaces.nasbench201_cells import (
    CELLS,
    EDGES,
    KERNELS,
    OPERATIONS,
    OUTPUT,
    WIDTHS,
    alive_in_cell,
    live_edges,
)
from diswot_spaces.nasbench201_functions import published_expression, representatives

if TYPE_CHECKING:
    from torch import nn

_GRAMMAR = re.compile(r"\|[^|~]*~0\|\+\|[^|~]*~0\|[^|~]*~1\|\+\|[^|~]*~0\|[^|~]*~1\|[^|~]*~2\|")
_FORM = "|OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2|"


class NASBench201(SearchSpace):
    """The topology space: 15,625 cells, which are 5,044 functions, in the published skeleton.

    Stem of 16 channels, three stages of five cells at widths 16, 32 and 64 with residual reduction blocks between
    them, batch norm and ReLU before the global pooling. Edges that the output does not depend on are neither built
    nor counted, so costs of cells with such edges lie below the benchmark's own table.
    """

    name = "nasbench201"
    summary = "NAS-Bench-201: 5 operations on 6 edges of a cell, 15,625 architectures, 5,044 functions"
    options = (OPERATIONS,) * len(EDGES)
    monotone = True

    def encode(self, arch: Architecture) -> str:
        """The benchmark's own string, such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`."""
        nodes: dict[int, str] = {}
        for (source, target), operation in zip(EDGES, self.values(arch), strict=True):
            nodes[target] = nodes.get(target, "|") + f"{operation}~{source}|"
        return "+".join(nodes.values())

    def decode(self, text: str) -> Architecture:
        """The architecture of a benchmark string."""
        if not _GRAMMAR.fullmatch(text):
            raise InvalidArchitecture(f"not a nasbench201 architecture, {_where(text)}: {text!r}; the form is {_FORM}")
        operations = re.findall(r"([^|+~]*)~", text)
        for (source, target), operation in zip(EDGES, operations, strict=True):
            if operation not in OPERATIONS:
                raise InvalidArchitecture(
                    f"unknown operation {operation!r} on edge {source}->{target} of {text!r}; "
                    f"valid: {', '.join(OPERATIONS)}"
                )
        return Architecture(self.name, tuple(OPERATIONS.index(operation) for operation in operations))

    def canonical(self, arch: Architecture) -> Architecture:
        """The cheapest of the cells that are the same function as `arch` (5,044 functions)."""
        return Architecture(self.name, representatives()[arch.choices])

    def published_class(self, arch: Architecture) -> str:
        """What the benchmark tells isomorphic cells apart by: 6,466 classes, some of which hold several functions."""
        return published_expression(arch.choices)

    def live(self, arch: Architecture) -> tuple[bool, ...]:
        """For each edge, whether the cell's output depends on it."""
        return live_edges(arch.choices)

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the published skeleton around the live edges of the cell."""
        check_input(num_classes, in_shape)
        kernels = sorted(
            KERNELS[op] for op, live in zip(self.values(arch), self.live(arch), strict=True) if live and op in KERNELS
        )
        return _costs(tuple(kernels), alive_in_cell(arch.choices), num_classes, in_shape)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        """The published network with the live edges of the cell."""
        from diswot_spaces.networks.nasbench201 import CellNetwork

        check_input(num_classes, in_shape)
        return CellNetwork(self.values(arch), self.live(arch), num_classes, in_shape[0], layers)


def _where(text: str) -> str:
    """Where `text` stops looking like a cell: the longest prefix that the grammar could still complete."""
    pieces = [
        r"\|",
        *(rf"[^|~+]+~{source}\|" + (r"\+\|" if source == target - 1 < OUTPUT - 1 else "") for source, target in EDGES),
    ]
    position = 0
    for i, piece in enumerate(pieces):
        match = re.compile(piece).match(text, position)
        if match is None:
            edge = "the opening '|'" if i == 0 else "operation~{} of edge {}->{}".format(EDGES[i - 1][0], *EDGES[i - 1])
            return f"expected {edge} at character {position}"
        position = match.end()
    return f"expected the end at character {position}"


@cache
def _costs(kernels: tuple[int, ...], tensors: int, num_classes: int, in_shape: Shape) -> Costs:
    """Costs of the skeleton around cells of these convolutions and so many tensors alive at once: few are distinct."""
    size = in_shape[1:]
    total = convolution(in_shape[0], WIDTHS[0], 3, size)
    maps = numbers(WIDTHS[0], size)
    total += alive(maps + max(maps, numbers(in_shape[0], size)))
    for stage, width in enumerate(WIDTHS):
        if stage:
            size = halved(size)
            total += convolution(width // 2, width, 3, size) + convolution(width, width, 3, size)
            total += convolution(width // 2, width, 1, size, norm=False)
            # The shortcut keeps the input of the reduction alive, beside its ReLU or two of the convolutions' maps.
            source, maps = maps, numbers(width, size)
            total += alive(source + maps + max(source, maps)) + alive(3 * maps)
        for kernel in kernels:
            total += convolution(width, width, kernel, size) * CELLS
        total += alive(tensors * maps)
    total += batch_norm(WIDTHS[-1]) + alive(2 * maps)
    return total + classifier(WIDTHS[-1], size, num_classes)
