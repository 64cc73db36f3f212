"""Networks of NAS-Bench-101 cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor, nn

from diswot_spaces.layers import LayerFactory, fresh
from diswot_spaces.nasbench101_cells import Cell, vertex_channels


def conv_bn_relu(c_in: int, c_out: int, kernel: int = 1) -> nn.Sequential:
    """Convolution with 'same' padding, batch norm, ReLU."""
    conv = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), nn.ReLU())


def operation(name: str, width: int) -> nn.Module:
    """The module of one vertex, `(N, width, H, W)` to the same shape."""
    return nn.MaxPool2d(3, 1, 1) if name == "maxpool3x3" else conv_bn_relu(width, width, int(name[4]))


class CellModule(nn.Module):
    """A cell: vertices sum what leads to them, the input projected, others cut; the output concatenates."""

    def __init__(self, cell: Cell, c_in: int, c_out: int) -> None:
        super().__init__()
        self.cell = cell
        self.channels = vertex_channels(cell, c_in, c_out)
        fed = [target for source, target in cell.edges if not source]
        self.projections = nn.ModuleDict({str(target): conv_bn_relu(c_in, self.channels[target]) for target in fed})
        vertices = enumerate(cell.operations, 1)
        self.operations = nn.ModuleDict({str(i): operation(name, self.channels[i]) for i, name in vertices})

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H, W)`."""
        tensors = [x]
        for vertex in range(1, self.cell.output):
            inputs = [tensors[source][:, : self.channels[vertex]] for source in self.cell.sources(vertex) if source]
            tensors.append(self.operations[str(vertex)](self._sum(inputs, x, vertex)))
        ends = [tensors[source] for source in self.cell.sources(self.cell.output) if source]
        joined = [ends[0] if len(ends) == 1 else torch.cat(ends, dim=1)] if ends else []
        return self._sum(joined, x, self.cell.output)

    def _sum(self, tensors: list[Tensor], x: Tensor, vertex: int) -> Tensor:
        """The sum of what leads to a vertex, the projected input last."""
        if str(vertex) in self.projections:
            tensors = [*tensors, self.projections[str(vertex)](x)]
        return reduce(torch.add, tensors)


class CellNetwork(nn.Module):
    """The published skeleton: stem, stacks of cells with max pooling between them, average pooling, classifier."""

    def __init__(
        self,
        cell: Cell,
        widths: Sequence[int],
        cells: int,
        num_classes: int,
        in_channels: int,
        layers: LayerFactory = fresh,
    ) -> None:
        super().__init__()
        self.stem = layers("stem", conv_bn_relu, in_channels, widths[0], 3)
        blocks: list[nn.Module] = []
        c_in = widths[0]
        for stack, width in enumerate(widths):
            if stack:
                blocks.append(nn.MaxPool2d(2, 2, ceil_mode=True))
            for _ in range(cells):
                blocks.append(layers(f"cells.{len(blocks)}", CellModule, cell, c_in, width))
                c_in = width
        self.cells = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = layers("classifier", nn.Linear, c_in, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        maps = self.pool(self.cells(self.stem(images)))
        logits: Tensor = self.classifier(maps.flatten(1))
        return logits
