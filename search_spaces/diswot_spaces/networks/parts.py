"""What the networks of blocks are put together from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hardswish": nn.Hardswish,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
}


def chain(*modules: nn.Module | None) -> nn.Sequential:
    """Modules one behind the other, but for those that are `None`."""
    return nn.Sequential(*(module for module in modules if module is not None))


def nothing() -> nn.Module:
    """What gives what it gets."""
    return nn.Identity()


def activation(name: str) -> nn.Module | None:
    """An activation by its name; `None` for `"none"`."""
    return None if name == "none" else _ACTIVATIONS[name]()


def norm(channels: int) -> nn.Module:
    """A batch norm."""
    return nn.BatchNorm2d(channels)


def conv(c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Module:
    """A convolution with 'same' padding and without bias."""
    return nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)


def conv_norm(c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution with 'same' padding, and batch norm."""
    return nn.Sequential(conv(c_in, c_out, kernel, stride, groups), norm(c_out))


def max_pool(kernel: int, stride: int) -> nn.Module:
    """Max pooling with 'same' padding."""
    return nn.MaxPool2d(kernel, stride, kernel // 2)


def squeeze(channels: int, squeezed: int) -> nn.Module | None:
    """Squeeze-and-excitation through so many channels; `None` for 0."""
    return SqueezeExcitation(channels, squeezed) if squeezed else None


class SqueezeExcitation(nn.Module):
    """Weigh channels by what they hold on average (Hu et al. 2018, with the gate of Howard et al. 2019)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Sequential(
            nn.Conv2d(channels, squeezed, 1), nn.ReLU(), nn.Conv2d(squeezed, channels, 1), nn.Hardsigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to the same shape."""
        gate: Tensor = self.gate(self.pool(x))
        return x * gate


class Residual(nn.Module):
    """A body beside a shortcut, and an activation behind both."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None, activation: nn.Module | None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut or nn.Identity()
        self.activation = activation or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        out: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return out


class PreactivationResidual(nn.Module):
    """Norm and activation first; a shortcut with weights begins behind them, one without begins before."""

    def __init__(self, first: nn.Module, body: nn.Module, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.first = first
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        activated: Tensor = self.first(x)
        out: Tensor = self.body(activated)
        return out + (x if self.shortcut is None else self.shortcut(activated))


class LinearResidual(nn.Module):
    """A body with a shortcut beside it, or without one."""

    def __init__(self, body: nn.Module, *, shortcut: bool) -> None:
        super().__init__()
        self.body = body
        self.residual = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        out: Tensor = self.body(x)
        return x + out if self.residual else out


class ShuffleUnit(nn.Module):
    """Two halves of the channels, interleaved; where nothing leads to the first, it is the input's."""

    def __init__(self, first: nn.Module | None, second: nn.Module) -> None:
        super().__init__()
        self.first = first
        self.second = second

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        if self.first is None:
            kept, x = x.chunk(2, dim=1)
        else:
            kept = self.first(x)
        return torch.stack((kept, self.second(x)), dim=2).flatten(1, 2)


def pool(what: str, *, tokens: bool) -> nn.Module:
    """What makes features of an image `(N, C)` of its maps `(N, C, H, W)` or tokens `(N, T, C)`."""
    if not tokens:
        return MapMean()
    return ClassToken() if what == "class" else TokenMean()


class MapMean(nn.Module):
    """The average over each map."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to `(N, C)`."""
        pooled: Tensor = self.pool(x)
        return pooled.flatten(1)


class ClassToken(nn.Module):
    """The first token."""

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, T, C)` to `(N, C)`."""
        return x[:, 0]


class TokenMean(nn.Module):
    """The average of all tokens."""

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, T, C)` to `(N, C)`."""
        return x.mean(1)
