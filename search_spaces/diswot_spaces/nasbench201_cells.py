"""What a NAS-Bench-201 cell is made of: operations, edges, and which of them the output depends on. Free of torch."""

from __future__ import annotations

from functools import cache

OPERATIONS = ("none", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")
NONE, SKIP, POOLING, _, _ = range(len(OPERATIONS))
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Source and target node of each edge, in the order of the benchmark's strings."""

OUTPUT = 3
WIDTHS = (16, 32, 64)
CELLS = 5
KERNELS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}
OPERATIONS_RUN = {"skip_connect": 0, "avg_pool_3x3": 1, "nor_conv_1x1": 3, "nor_conv_3x3": 3}


@cache
def live_edges(choices: tuple[int, ...]) -> tuple[bool, ...]:
    """For each edge, whether it lies on a path from the input to the output with no `none` on it."""
    fed, read = {0}, {OUTPUT}
    for (source, target), choice in zip(EDGES, choices, strict=True):
        if choice != NONE and source in fed:
            fed.add(target)
    for (source, target), choice in zip(EDGES[::-1], choices[::-1], strict=True):
        if choice != NONE and target in read:
            read.add(source)
    on_path = fed & read
    return tuple(
        choice != NONE and source in on_path and target in on_path
        for (source, target), choice in zip(EDGES, choices, strict=True)
    )


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
    ends = list(last.values())
    alive = peak = 1  # the input
    for n in range(1, len(reads) + 1):
        alive += 1
        peak = max(peak, alive)
        alive -= ends.count(n)
    return peak
