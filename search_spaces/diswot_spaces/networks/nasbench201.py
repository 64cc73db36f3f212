"""Networks of NAS-Bench-201 cells."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from diswot_spaces.layers import LayerFactory, fresh
from diswot_spaces.nasbench201_cells import CELLS, EDGES, KERNELS, OUTPUT, WIDTHS


def relu_conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """The benchmark's convolution: ReLU, convolution with 'same' padding, batch norm."""
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(c_out),
    )


def conv_bn(c_in: int, c_out: int) -> nn.Sequential:
    """The stem: a 3 x 3 convolution and batch norm."""
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1, bias=False), nn.BatchNorm2d(c_out))


def operation(name: str, width: int) -> nn.Module:
    """The module of one edge, `(N, width, H, W)` to the same shape."""
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return relu_conv_bn(width, width, KERNELS[name])


class Cell(nn.Module):
    """A cell with its live edges only; each node sums what its edges bring."""

    def __init__(
        self, operations: Sequence[str], live: Sequence[bool], width: int, path: str, layers: LayerFactory
    ) -> None:
        super().__init__()
        self.edges = [edge for edge, on in zip(EDGES, live, strict=True) if on]
        # Named by edge, so that cells which share an edge share the names of its parameters.
        self.operations = nn.ModuleDict(
            {
                f"{source}{target}": layers(f"{path}.operations.{source}{target}", operation, name, width)
                for (source, target), name, on in zip(EDGES, operations, live, strict=True)
                if on
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to the same shape; a cell without a live edge gives zeros."""
        nodes: dict[int, Tensor] = {0: x}
        for source, target in self.edges:
            y = self.operations[f"{source}{target}"](nodes[source])
            nodes[target] = nodes[target] + y if target in nodes else y
        return nodes[OUTPUT] if OUTPUT in nodes else x * 0.0


class Reduction(nn.Module):
    """The residual block between stages: halves the resolution and doubles the width."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv_a = relu_conv_bn(c_in, c_out, 3, stride=2)
        self.conv_b = relu_conv_bn(c_out, c_out, 3)
        # Ceil, so that odd sizes meet those of the padded stride-2 convolution beside it.
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2, ceil_mode=True), nn.Conv2d(c_in, c_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to `(N, 2C, ceil(H / 2), ceil(W / 2))`."""
        out: Tensor = self.conv_b(self.conv_a(x)) + self.shortcut(x)
        return out


class CellNetwork(nn.Module):
    """The published skeleton: stem, three stages of cells, reductions, last batch norm and ReLU, classifier."""

    def __init__(
        self,
        operations: Sequence[str],
        live: Sequence[bool],
        num_classes: int,
        in_channels: int,
        layers: LayerFactory = fresh,
    ) -> None:
        super().__init__()
        self.stem = layers("stem", conv_bn, in_channels, WIDTHS[0])
        blocks: list[nn.Module] = []
        for stage, width in enumerate(WIDTHS):
            if stage:
                blocks.append(layers(f"cells.{len(blocks)}", Reduction, WIDTHS[stage - 1], width))
            for _ in range(CELLS):
                blocks.append(Cell(operations, live, width, f"cells.{len(blocks)}", layers))
        self.cells = nn.Sequential(*blocks)
        self.last = nn.Sequential(layers("last.0", nn.BatchNorm2d, WIDTHS[-1]), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = layers("classifier", nn.Linear, WIDTHS[-1], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        maps = self.last(self.cells(self.stem(images)))
        logits: Tensor = self.classifier(self.pool(maps).flatten(1))
        return logits
