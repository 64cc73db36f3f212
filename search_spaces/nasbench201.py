"""NAS-Bench-201: cells of four nodes whose six edges each take one of five operations.

Dong and Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from search_spaces.base import (
    CIFAR,
    Architecture,
    Costs,
    SearchSpace,
    Shape,
    alive,
    batch_norm,
    check_input,
    classifier,
    convolution,
    halved,
    numbers,
)
from search_spaces.errors import InvalidArchitecture
from search_spaces.layers import Layers, fresh

if TYPE_CHECKING:
    from torch import nn

OPERATIONS = ("none", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Source and target node of each edge, in the order of the benchmark's strings."""

OUTPUT = 3
WIDTHS = (16, 32, 64)
CELLS = 5
KERNELS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}
OPERATIONS_RUN = {"skip_connect": 0, "avg_pool_3x3": 1, "nor_conv_1x1": 3, "nor_conv_3x3": 3}

_GRAMMAR = re.compile(r"\|[^|~]*~0\|\+\|[^|~]*~0\|[^|~]*~1\|\+\|[^|~]*~0\|[^|~]*~1\|[^|~]*~2\|")
_FORM = "|OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2|"


class NASBench201(SearchSpace):
    """The topology space: 15,625 cells, 6,466 of them distinct, in the published skeleton.

    Stem of 16 channels, three stages of five cells at widths 16, 32 and 64 with residual reduction blocks between
    them, batch norm and ReLU before the global pooling. Edges that the output does not depend on are neither built
    nor counted, so costs of cells with such edges lie below the benchmark's own table.
    """

    name = "nasbench201"
    summary = "NAS-Bench-201: 5 operations on 6 edges of a cell, 15,625 architectures, 6,466 distinct"
    options = (OPERATIONS,) * len(EDGES)

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
        """The cheapest of the cells that the benchmark counts as isomorphic to `arch` (6,466 classes)."""
        return Architecture(self.name, _representatives()[expression(arch.choices)])

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

    def build(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: Layers = fresh) -> nn.Module:
        """The published network with the live edges of the cell."""
        from search_spaces.networks.nasbench201 import CellNetwork

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


@cache
def expression(choices: tuple[int, ...]) -> str:
    """What the output node computes, as the benchmark writes it to tell isomorphic cells apart.

    The rule of the benchmark's own `to_unique_str` with zeros considered: `none` and what follows from it is `#`,
    a skip connection is its source, and the terms of a sum are sorted.
    """
    terms: list[list[str]] = [[] for _ in range(OUTPUT + 1)]
    nodes = ["0", "", "", ""]
    for (source, target), choice in zip(EDGES, choices, strict=True):
        operation = OPERATIONS[choice]
        if operation == "none" or nodes[source] == "#":
            term = "#"
        elif operation == "skip_connect":
            term = nodes[source]
        else:
            term = f"({nodes[source]})@{operation}"
        terms[target].append(term)
        nodes[target] = "+".join(sorted(terms[target]))
    return nodes[OUTPUT]


@cache
def live_edges(choices: tuple[int, ...]) -> tuple[bool, ...]:
    """For each edge, whether it lies on a path from the input to the output with no `none` on it."""
    used = [choice != OPERATIONS.index("none") for choice in choices]
    fed, read = {0}, {OUTPUT}
    for (source, target), use in zip(EDGES, used, strict=True):
        if use and source in fed:
            fed.add(target)
    for (source, target), use in reversed(list(zip(EDGES, used, strict=True))):
        if use and target in read:
            read.add(source)
    return tuple(use and source in fed and target in read for (source, target), use in zip(EDGES, used, strict=True))


@cache
def alive_in_cell(choices: tuple[int, ...]) -> int:
    """Tensors of a cell that are alive at once, at the peak: all of them are of one size.

    The live edges run in order. A convolution is a ReLU, a convolution and a batch norm, each with an output of its
    own; a skip connection is its input. A cell without a live edge multiplies its input by zero.
    """
    reads: list[tuple[int, ...]] = []  # of each operation; the n-th, counted from one, makes tensor n

    def run(*tensors: int) -> int:
        reads.append(tensors)
        return len(reads)

    nodes = {0: 0}
    for (source, target), choice, live in zip(EDGES, choices, live_edges(choices), strict=True):
        if live:
            tensor = nodes[source]
            for _ in range(OPERATIONS_RUN[OPERATIONS[choice]]):
                tensor = run(tensor)
            nodes[target] = run(nodes[target], tensor) if target in nodes else tensor
    if OUTPUT not in nodes:
        nodes[OUTPUT] = run(0)
    last = {tensor: n for n, tensors in enumerate(reads, 1) for tensor in tensors} | {nodes[OUTPUT]: len(reads)}
    return max((sum(made <= n <= last[made] for made in last) for n in range(1, len(reads) + 1)), default=1)


@cache
def _representatives() -> dict[str, tuple[int, ...]]:
    """For each expression, the cell with the least convolution on live edges, then the first in order."""
    chosen: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    for arch in NASBench201().enumerate():
        live = live_edges(arch.choices)
        kernels = [KERNELS.get(OPERATIONS[choice], 0) ** 2 for choice, on in zip(arch.choices, live, strict=True) if on]
        rank = (sum(kernels), len(kernels))
        key = expression(arch.choices)
        if key not in chosen or (rank, arch.choices) < chosen[key]:
            chosen[key] = (rank, arch.choices)
    return {key: choices for key, (_, choices) in chosen.items()}
