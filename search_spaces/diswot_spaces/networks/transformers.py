"""Parts of networks that norm layers: vision transformers, and the convolutional networks built like them.

A module that says `initial_std` has its weights drawn with that standard deviation, one that says `initial_value`
begins with that value: their publications' initialization in place of the library's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

STD = 0.02
"""Standard deviation of all weights at initialization, as Touvron et al. (2021) and Liu et al. (2022) have it."""


class Linear(nn.Linear):
    """A linear layer of a transformer."""

    initial_std = STD


class Conv(nn.Conv2d):
    """A convolution of a transformer, or of a network built like one."""

    initial_std = STD


def patch_conv(c_in: int, c_out: int, kernel: int, stride: int) -> nn.Module:
    """A convolution without padding."""
    return Conv(c_in, c_out, kernel, stride)


class LayerScale(nn.Module):
    """A learned factor for each channel, the last dimension (Touvron et al., "Going deeper", ICCV 2021)."""

    def __init__(self, channels: int, initial_value: float) -> None:
        super().__init__()
        self.initial_value = initial_value
        self.weight = nn.Parameter(torch.full((channels,), float(initial_value)))

    def forward(self, x: Tensor) -> Tensor:
        """Map `(..., C)` to the same shape."""
        return x * self.weight


class MapNorm(nn.LayerNorm):
    """Layer norm over the channels of maps."""

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to the same shape."""
        normed: Tensor = super().forward(x.permute(0, 2, 3, 1))
        return normed.permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    """Filter each channel, norm, expand, project, scale, beside a shortcut."""

    def __init__(self, width: int, kernel: int, hidden: int, layer_scale: float) -> None:
        super().__init__()
        self.filter = Conv(width, width, kernel, 1, kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(Linear(width, hidden), nn.GELU(), Linear(hidden, width))
        self.scale = LayerScale(width, layer_scale)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to the same shape."""
        inner: Tensor = self.scale(self.mlp(self.norm(self.filter(x).permute(0, 2, 3, 1))))
        return x + inner.permute(0, 3, 1, 2)


class PatchTokens(nn.Module):
    """Patches as tokens behind a class token, with learned positions."""

    initial_std = STD

    def __init__(self, c_in: int, width: int, patch: int, stride: int, grid: int) -> None:
        super().__init__()
        self.conv = patch_conv(c_in, width, patch, stride)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 1 + grid, width))

    def forward(self, images: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to `(N, 1 + grid, width)`."""
        patches = self.conv(images).flatten(2).transpose(1, 2)
        first = self.class_token.expand(patches.shape[0], -1, -1)
        tokens: Tensor = torch.cat((first, patches), dim=1) + self.positions
        return tokens


class Attention(nn.Module):
    """Self-attention of several heads."""

    def __init__(self, width: int, heads: int, head_dim: int) -> None:
        super().__init__()
        self.heads, self.head_dim = heads, head_dim
        self.qkv = Linear(width, 3 * heads * head_dim)
        self.project = Linear(heads * head_dim, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, T, C)` to the same shape."""
        shared = self.qkv(x).unflatten(2, (3, self.heads, self.head_dim)).permute(2, 0, 3, 1, 4)
        queries, keys, values = shared.unbind(0)
        weights = (queries * self.head_dim**-0.5 @ keys.transpose(-2, -1)).softmax(-1)
        heard: Tensor = self.project((weights @ values).transpose(1, 2).flatten(2))
        return heard


class Encoder(nn.Module):
    """Self-attention and a perceptron, each behind a norm and beside a shortcut."""

    def __init__(self, width: int, heads: int, head_dim: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = Attention(width, heads, head_dim)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(Linear(width, hidden), nn.GELU(), Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, T, C)` to the same shape."""
        x = x + self.attention(self.norm1(x))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class TokenPool(nn.Module):
    """Tokens of a grid by a convolution of each channel, the class token by a linear layer."""

    def __init__(self, c_in: int, c_out: int, stride: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.grid = grid
        self.conv = Conv(c_in, c_out, stride + 1, stride, stride // 2, groups=c_in)
        self.linear = Linear(c_in, c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, 1 + grid, c_in)` to `(N, 1 + smaller grid, c_out)`."""
        maps = self.conv(x[:, 1:].transpose(1, 2).unflatten(2, self.grid))  # type: ignore[no-untyped-call]
        return torch.cat((self.linear(x[:, :1]), maps.flatten(2).transpose(1, 2)), dim=1)
