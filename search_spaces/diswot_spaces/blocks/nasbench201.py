"""The cell of NAS-Bench-201, and the residual block between its stages, of any widths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.nasbench201 import NASBench201
from diswot_spaces.nasbench201_cells import EDGES, KERNELS, OUTPUT

if TYPE_CHECKING:
    from torch import nn

BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
"""The cell of which NATS-Bench varies the widths."""

Edge = tuple[int, int, str]


@lru_cache(maxsize=1024)
def live_operations(cell: str) -> tuple[Edge, ...]:
    """Source, target and operation of each edge that the output of a cell depends on.

    Raises:
        InvalidArchitecture: the string is no cell.
    """
    space = NASBench201()
    arch = space.decode(cell)
    edges = zip(EDGES, space.values(arch), space.live(arch), strict=True)
    return tuple((source, target, operation) for (source, target), operation, live in edges if live)


@dataclass(frozen=True, slots=True)
class Cell201(Block):
    """Four nodes; the edges from the first change the width, a skip connection by a convolution where it must.

    Source: Dong et al., "NATS-Bench: Benchmarking NAS Algorithms for Architecture Topology and Size", TPAMI 2022.
    """

    kind: ClassVar[str] = "nasbench201_cell"
    summary: ClassVar[str] = "cell of NAS-Bench-201, of any width (Dong et al. 2022)"

    width: int = base.width()
    cell: str = base.setting("The cell, as the benchmark writes it.", BEST)

    def misfit(self, c_in: int) -> str:  # noqa: ARG002
        """The cell is one, and something leads to its output."""
        try:
            return "" if live_operations(self.cell) else f"nothing leads to the output of {self.cell}"
        except InvalidArchitecture as error:
            return str(error)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H, W)`."""
        nodes = {0: x}
        for source, target, operation in live_operations(self.cell):
            y = self._trace_edge(tape, nodes[source], operation)
            nodes[target] = tape.apply(nodes[target], y) if target in nodes else y
        return nodes[OUTPUT]

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks.cells import Cell

        return Cell(live_operations(self.cell), x.channels, self.width)

    def _trace_edge(self, tape: Tape, x: Traced, operation: str) -> Traced:
        changes = x.features.channels != self.width
        if operation in KERNELS:
            return base.trace_conv_norm(tape, tape.apply(x), self.width, KERNELS[operation])
        if changes:
            x = base.trace_conv_norm(tape, x, self.width)
        return x if operation == "skip_connect" else tape.apply(x)


@dataclass(frozen=True, slots=True)
class Reduction201(Block):
    """Two convolutions beside a pooled shortcut; maps are halved.

    Source: Dong and Yang, "NAS-Bench-201", ICLR 2020, figure 1.
    """

    kind: ClassVar[str] = "nasbench201_reduction"
    summary: ClassVar[str] = "residual block between the stages of NAS-Bench-201 (Dong and Yang 2020)"

    width: int = base.width()
    stride: int = base.setting("Factor by which maps are made smaller.", 2, low=2, high=2)

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / 2, W / 2)`."""
        out = base.trace_conv_norm(tape, tape.apply(x), self.width, 3, 2)
        out = base.trace_conv_norm(tape, tape.apply(out), self.width, 3)
        _, height, width, *_ = out.features
        shortcut = tape.conv(tape.make((x,), Features(x.features.channels, height, width)), self.width)
        return tape.apply(out, shortcut)

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks.nasbench201 import Reduction

        return Reduction(x.channels, self.width)
