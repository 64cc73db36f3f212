"""Networks as the published code computes them: every edge, `none` as a product with zero, whatever is read or not.

Plain modules in PyTorch's own layout, with its own initialization. Parameters are named as in the product's networks,
so that weights of one can be loaded into the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from diswot.teachers.cifar import cifar_resnet
from diswot.teachers.spec import architecture_of
from diswot_benchmarks.speed.spec import RESNETS, check_teacher
from diswot_spaces import CIFAR, get_space
from diswot_spaces.nasbench201_cells import CELLS, EDGES, KERNELS, WIDTHS

Norm = Callable[[int], nn.Module]
"""Makes the normalisation of that many channels."""


class Zero(nn.Module):
    """The benchmark's `none`."""

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to zeros of the same shape."""
        return x * 0.0


def relu_conv_norm(c_in: int, c_out: int, kernel: int, norm: Norm, stride: int = 1) -> nn.Sequential:
    """ReLU, convolution with 'same' padding, normalisation."""
    return nn.Sequential(nn.ReLU(), nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False), norm(c_out))


def operation(name: str, width: int, norm: Norm) -> nn.Module:
    """The module of one edge."""
    if name in KERNELS:
        return relu_conv_norm(width, width, KERNELS[name], norm)
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return nn.Identity() if name == "skip_connect" else Zero()


class PublishedCell(nn.Module):
    """All six edges of a cell, computed one after the other."""

    def __init__(self, operations: Sequence[str], width: int, norm: Norm) -> None:
        super().__init__()
        self.operations = nn.ModuleDict(
            {f"{s}{t}": operation(name, width, norm) for (s, t), name in zip(EDGES, operations, strict=True)}
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to the same shape."""
        nodes = [x]
        for node in range(1, EDGES[-1][1] + 1):
            # `sum` starts from 0, as in the published code: one addition an edge.
            nodes.append(sum(self.operations[f"{s}{t}"](nodes[s]) for s, t in EDGES if t == node))
        return nodes[-1]


class PublishedReduction(nn.Module):
    """The residual block between stages."""

    def __init__(self, c_in: int, c_out: int, norm: Norm) -> None:
        super().__init__()
        self.conv_a = relu_conv_norm(c_in, c_out, 3, norm, stride=2)
        self.conv_b = relu_conv_norm(c_out, c_out, 3, norm)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(c_in, c_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to `(N, 2C, H / 2, W / 2)`."""
        out: Tensor = self.shortcut(x) + self.conv_b(self.conv_a(x))
        return out


class PublishedClassifier(nn.Module):
    """What students and teachers share: features, global pooling, a linear layer.

    Args:
        features: maps images `(N, 3, H, W)` to the last map `(N, F, H', W')`.
        width: its channels F.
        num_classes: K.
    """

    def __init__(self, features: dict[str, nn.Module], width: int, num_classes: int) -> None:
        super().__init__()
        self.parts = tuple(features)
        for name, part in features.items():
            self.add_module(name, part)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(width, num_classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map images to the last map `(N, F, H', W')` and the logits `(N, K)`."""
        last = images
        for name in self.parts:
            last = self.get_submodule(name)(last)
        return last, self.classifier(self.pool(last).flatten(1))


def published_student(operations: Sequence[str], num_classes: int, norm: Norm = nn.BatchNorm2d) -> PublishedClassifier:
    """The NAS-Bench-201 network of a cell's six operations (Dong and Yang, ICLR 2020): C = 16, N = 5.

    Args:
        operations: one for each of the cell's edges, in the benchmark's order.
        num_classes: K.
        norm: what stands where batch norm does.
    """
    blocks: list[nn.Module] = []
    for stage, width in enumerate(WIDTHS):
        if stage:
            blocks.append(PublishedReduction(WIDTHS[stage - 1], width, norm))
        blocks.extend(PublishedCell(operations, width, norm) for _ in range(CELLS))
    features: dict[str, nn.Module] = {
        "stem": nn.Sequential(nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False), norm(WIDTHS[0])),
        "cells": nn.Sequential(*blocks),
        "last": nn.Sequential(norm(WIDTHS[-1]), nn.ReLU()),
    }
    return PublishedClassifier(features, WIDTHS[-1], num_classes)


def published_teacher(name: str, num_classes: int) -> PublishedClassifier:
    """The CIFAR ResNet of that name, such as `"resnet56"` (He et al. 2016, section 4.2), or `nasbench201:ARCH`.

    Raises:
        InputError: another kind of teacher.
    """
    check_teacher(name)
    if name not in RESNETS:
        return published_student(get_space("nasbench201").values(architecture_of(name)[1]), num_classes)
    ours = cifar_resnet(name, num_classes, CIFAR)  # Plain modules as they are, which share nothing and skip nothing.
    features = {part: ours.get_submodule(part) for part in ("stem", "blocks")}
    return PublishedClassifier(features, WIDTHS[-1], num_classes)
