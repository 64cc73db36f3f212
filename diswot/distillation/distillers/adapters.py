"""What stands between student and teacher of different widths; trained with the student, dropped at the end."""

from __future__ import annotations

from torch import nn


def to_channels(c_in: int, c_out: int, *, relu: bool = False) -> nn.Sequential:
    """A 1 x 1 convolution with batch norm, and a ReLU where the teacher's map has no negative numbers."""
    layers = [nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out), *([nn.ReLU()] if relu else [])]
    return nn.Sequential(*layers)


def to_width(f_in: int, f_out: int) -> nn.Module:
    """A linear layer between features of different widths; nothing between equal ones."""
    return nn.Identity() if f_in == f_out else nn.Linear(f_in, f_out)
