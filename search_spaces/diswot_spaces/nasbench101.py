"""NAS-Bench-101: cells of up to seven vertices and nine edges.

Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING

from diswot_spaces.architecture import CIFAR, Architecture, Shape, check_input
from diswot_spaces.base import SearchSpace
from diswot_spaces.blocks.base import trace_conv_norm
from diswot_spaces.blocks.tape import Features, Tape, Traced, view
from diswot_spaces.costs import Costs
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.layers import LayerFactory, fresh
from diswot_spaces.nasbench101_cells import (
    MOST_EDGES,
    OPERATIONS,
    PAIRS,
    VERTICES,
    Cell,
    canonical,
    pruned,
    published_hash,
    vertex_channels,
)

if TYPE_CHECKING:
    from torch import nn

WIDTHS = (128, 256, 512)
CELLS = 3
"""In each of three stacks."""
_GRAMMAR = re.compile(r"[01]{6}\.[01]{5}\.[01]{4}\.[01]{3}\.[01]{2}\.[01]:[^:]*")
_FORM = "ROW.ROW.ROW.ROW.ROW.ROW:OP,OP,OP,OP,OP with the rows of the adjacency matrix right of its diagonal"


class NASBench101(SearchSpace):
    """21 edges, each there or not, and five operations; what does not lie between input and output is not built.

    423,624 cells are distinct; many architectures are the same one. Stem of 128 channels, three stacks of three cells
    at widths 128, 256 and 512, with max pooling between them.
    """

    name = "nasbench101"
    summary = "NAS-Bench-101: cells of up to 7 vertices and 9 edges, 423,624 of them distinct"
    options = (*((False, True),) * len(PAIRS), *(OPERATIONS,) * (VERTICES - 2))

    def is_valid(self, arch: Architecture) -> bool:
        """Whether a path leads from input to output, over at most nine edges that lie on such paths."""
        cell = _cell(arch.choices)
        return cell is not None and len(cell.edges) <= MOST_EDGES

    def enumerate(self) -> Iterator[Architecture]:
        """Every valid architecture; edges alone decide whether one is."""
        operations = range(len(OPERATIONS))
        for edges in product((0, 1), repeat=len(PAIRS)):
            if self.is_valid(Architecture(self.name, (*edges, *(0,) * (VERTICES - 2)))):
                for taken in product(operations, repeat=VERTICES - 2):
                    yield Architecture(self.name, (*edges, *taken))

    def cell(self, arch: Architecture) -> Cell:
        """The cell of a valid architecture, without what does not lie between input and output."""
        cell = _cell(arch.choices)
        assert cell is not None, "a valid architecture has a path from input to output"
        return cell

    def canonical(self, arch: Architecture) -> Architecture:
        """The architecture whose cell has nothing beside it, and its vertices in the least order."""
        cell = canonical(self.cell(arch))
        last = VERTICES - 1
        edges = {(a, b if b < cell.output else last) for a, b in cell.edges}
        operations = [OPERATIONS.index(one) for one in cell.operations]
        spare = [0] * (VERTICES - 2 - len(operations))
        return Architecture(self.name, (*(int(pair in edges) for pair in PAIRS), *operations, *spare))

    def published_class(self, arch: Architecture) -> str:
        """The benchmark's hash, which isomorphic cells share."""
        return published_hash(self.cell(arch))

    def encode(self, arch: Architecture) -> str:
        """Rows of the adjacency matrix right of its diagonal, then operations."""
        bits = "".join(map(str, arch.choices[: len(PAIRS)]))
        ends = [0]
        for length in range(VERTICES - 1, 0, -1):
            ends.append(ends[-1] + length)
        return ".".join(bits[a:b] for a, b in pairwise(ends)) + ":" + ",".join(self.values(arch)[len(PAIRS) :])

    def decode(self, text: str) -> Architecture:
        """The architecture of a string such as `111010.00001.0001.100.01.1:conv1x1,...`."""
        if not _GRAMMAR.fullmatch(text):
            raise InvalidArchitecture(f"a nasbench101 architecture is {_FORM}, not {text!r}")
        rows, _, names = text.partition(":")
        operations = names.split(",")
        if len(operations) != VERTICES - 2:
            raise InvalidArchitecture(f"{text!r} has {len(operations)} operations; a cell has {VERTICES - 2}")
        for name in operations:
            if name not in OPERATIONS:
                raise InvalidArchitecture(f"unknown operation {name!r} in {text!r}; valid: {', '.join(OPERATIONS)}")
        bits = map(int, rows.replace(".", ""))
        arch = Architecture(self.name, (*bits, *map(OPERATIONS.index, operations)))
        if not self.is_valid(arch):
            raise InvalidArchitecture(
                f"{text!r} leads from input to output over no path, or over more than {MOST_EDGES} edges"
            )
        return arch

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the skeleton around the cell."""
        check_input(num_classes, in_shape)
        return _costs(self.cell(arch), num_classes, in_shape)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        """The network of `arch`."""
        from diswot_spaces.networks.nasbench101 import CellNetwork

        check_input(num_classes, in_shape)
        return CellNetwork(self.cell(arch), WIDTHS, CELLS, num_classes, in_shape[0], layers)


@lru_cache(maxsize=100_000)
def _cell(choices: tuple[int, ...]) -> Cell | None:
    edges = [pair for pair, there in zip(PAIRS, choices, strict=False) if there]
    return pruned(edges, [OPERATIONS[choice] for choice in choices[len(PAIRS) :]])


@lru_cache(maxsize=100_000)
def _costs(cell: Cell, num_classes: int, in_shape: Shape) -> Costs:
    tape = Tape(Features(*in_shape))
    x = _conv(tape, tape.source, WIDTHS[0], 3)
    for stack, width in enumerate(WIDTHS):
        if stack:
            x = _halve(tape, x)
        for _ in range(CELLS):
            x = _trace_cell(tape, x, cell, width)
    pooled = tape.make((x,), Features(WIDTHS[-1], 1, 1))
    return tape.costs(tape.linear(pooled, num_classes))


def _conv(tape: Tape, x: Traced, c_out: int, kernel: int = 1) -> Traced:
    return tape.apply(trace_conv_norm(tape, x, c_out, kernel))


def _halve(tape: Tape, x: Traced) -> Traced:
    channels, height, width, *_ = x.features
    return tape.make((x,), Features(channels, -(-height // 2), -(-width // 2)))


def _trace_cell(tape: Tape, x: Traced, cell: Cell, c_out: int) -> Traced:
    """The operations of a cell, in the order in which its network does them."""
    channels = vertex_channels(cell, x.features.channels, c_out)
    tensors = [x]
    for vertex, operation in enumerate(cell.operations, 1):
        inputs = [_cut(tensors[source], channels[vertex]) for source in cell.sources(vertex) if source]
        if 0 in cell.sources(vertex):
            inputs.append(_conv(tape, x, channels[vertex]))
        total = _sum(tape, inputs)
        is_pool = operation == "maxpool3x3"
        tensors.append(tape.apply(total) if is_pool else _conv(tape, total, channels[vertex], int(operation[4])))
    ends = [tensors[source] for source in cell.sources(cell.output) if source]
    found = [ends[0] if len(ends) == 1 else tape.make(tuple(ends), x.features._replace(channels=c_out))] if ends else []
    if 0 in cell.sources(cell.output):
        found.append(_conv(tape, x, c_out))
    return _sum(tape, found)


def _cut(x: Traced, channels: int) -> Traced:
    return view(x, x.features._replace(channels=channels))


def _sum(tape: Tape, tensors: Sequence[Traced]) -> Traced:
    total = tensors[0]
    for other in tensors[1:]:
        total = tape.apply(total, other)
    return total
