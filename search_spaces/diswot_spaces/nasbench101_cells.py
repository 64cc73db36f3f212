"""What a NAS-Bench-101 cell is made of, which cells are the same, and how wide its vertices are. Free of torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple

VERTICES = 7
MOST_EDGES = 9
OPERATIONS = ("maxpool3x3", "conv1x1", "conv3x3")
PUBLISHED_ORDER = ("conv3x3", "conv1x1", "maxpool3x3")
"""The operations as the benchmark numbers them in its hash."""
PAIRS = tuple((i, j) for i in range(VERTICES) for j in range(i + 1, VERTICES))
"""Source and target of each edge that a cell may have, row by row."""


class Cell(NamedTuple):
    """Vertices in order of execution, from the input to the output.

    Attributes:
        edges: source and target of each edge, ascending.
        operations: of the vertices between input and output.
    """

    edges: tuple[tuple[int, int], ...]
    operations: tuple[str, ...]

    @property
    def output(self) -> int:
        """Number of the last vertex."""
        return len(self.operations) + 1

    def sources(self, target: int) -> list[int]:
        """Vertices that lead to one, ascending."""
        return [source for source, end in self.edges if end == target]


def pruned(edges: Sequence[tuple[int, int]], operations: Sequence[str]) -> Cell | None:
    """The part of a cell that lies between input and output; `None` where no path leads from one to the other."""
    output = len(operations) + 1
    fed, read = {0}, {output}
    for source, target in sorted(edges):
        if source in fed:
            fed.add(target)
    for source, target in sorted(edges, key=lambda edge: -edge[1]):
        if target in read:
            read.add(source)
    kept = sorted(fed & read)
    if 0 not in kept or output not in kept:
        return None
    new = {vertex: i for i, vertex in enumerate(kept)}
    inner = tuple((new[a], new[b]) for a, b in sorted(edges) if a in new and b in new)
    return Cell(inner, tuple(operations[vertex - 1] for vertex in kept[1:-1]))


@lru_cache(maxsize=100_000)
def canonical(cell: Cell) -> Cell:
    """The least of the cells that are this one with its vertices in another order."""
    return min(_orders(cell))


def _orders(cell: Cell) -> Iterator[Cell]:
    """The cell with its inner vertices in every order in which edges lead onward."""
    inner = range(1, cell.output)
    for order in permutations(inner):
        new = {0: 0, cell.output: cell.output, **dict(zip(inner, order, strict=True))}
        edges = tuple(sorted((new[a], new[b]) for a, b in cell.edges))
        if all(a < b for a, b in edges):
            operations = dict(zip(order, cell.operations, strict=True))
            yield Cell(edges, tuple(operations[vertex] for vertex in inner))


@lru_cache(maxsize=100_000)
def published_hash(cell: Cell) -> str:
    """The benchmark's own name of a cell, which cells that differ in the order of vertices share.

    Each vertex begins with its degrees and its operation, and takes in its neighbours as often as there are vertices.

    Source: Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019, section 2.3.
    """
    count = cell.output + 1
    before = [cell.sources(vertex) for vertex in range(count)]
    after = [[target for source, target in cell.edges if source == vertex] for vertex in range(count)]
    labels = [-1, *map(PUBLISHED_ORDER.index, cell.operations), -2]
    marks = [_md5(str((len(after[v]), len(before[v]), labels[v]))) for v in range(count)]
    for _ in range(count):
        around = [
            ("".join(sorted(marks[w] for w in before[v])), "".join(sorted(marks[w] for w in after[v])), marks[v])
            for v in range(count)
        ]
        marks = [_md5("|".join(parts)) for parts in around]
    return _md5(str(sorted(marks)))


def vertex_channels(cell: Cell, c_in: int, c_out: int) -> list[int]:
    """Channels of each vertex: those that the output concatenates share its channels, others have as many as they feed.

    Source: the same, section 2.2, and the benchmark's published builder.
    """
    output = cell.output
    concatenated = [vertex for vertex in cell.sources(output) if vertex]
    channels = [c_in, *[0] * (output - 1), c_out]
    for i, vertex in enumerate(concatenated):
        channels[vertex] = c_out // len(concatenated) + (i < c_out % len(concatenated))
    for vertex in range(output - 1, 0, -1):
        if vertex not in concatenated:
            channels[vertex] = max(channels[target] for source, target in cell.edges if source == vertex)
    return channels


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
