"""Cells of NAS-Bench-201 that change the width."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from diswot_spaces.nasbench201_cells import KERNELS, OUTPUT
from diswot_spaces.networks import parts
from diswot_spaces.networks.nasbench201 import relu_conv_bn


def operation(name: str, c_in: int, c_out: int) -> nn.Module:
    """The module of one edge, `(N, c_in, H, W)` to `(N, c_out, H, W)`."""
    if name in KERNELS:
        return relu_conv_bn(c_in, c_out, KERNELS[name])
    change = parts.conv_norm(c_in, c_out) if c_in != c_out else None
    if name == "skip_connect":
        return change or nn.Identity()
    return parts.chain(change, nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False))


class Cell(nn.Module):
    """Nodes that sum what their edges bring; edges are source, target and operation."""

    def __init__(self, edges: Sequence[tuple[int, int, str]], c_in: int, c_out: int) -> None:
        super().__init__()
        self.edges = [(source, target) for source, target, _ in edges]
        made = {f"{s}{t}": operation(name, c_out if s else c_in, c_out) for s, t, name in edges}
        self.operations = nn.ModuleDict(made)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H, W)`."""
        nodes: dict[int, Tensor] = {0: x}
        for source, target in self.edges:
            y = self.operations[f"{source}{target}"](nodes[source])
            nodes[target] = nodes[target] + y if target in nodes else y
        return nodes[OUTPUT]
