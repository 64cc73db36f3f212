"""ShuffleNets for small images: a stem of 1 x 1 at stride 1, no max pooling.

Zhang et al., "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices", CVPR 2018, and Ma et
al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", ECCV 2018; sizes and names of
parameters as in the code of Tian et al., "Contrastive Representation Distillation", ICLR 2020.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot_spaces import Shape

STEM = 24
WIDTHS_V1, DEPTHS_V1, GROUPS = (240, 480, 960), (4, 8, 4), 3
WIDTHS_V2, DEPTHS_V2, LAST = (116, 232, 464), (4, 8, 4), 1024


def shufflenet_v1(name: str, num_classes: int, in_shape: Shape) -> nn.Module:  # noqa: ARG001
    """`shufflev1`: three groups, 1.0x."""
    return ShuffleNet(ShuffleUnitV1, WIDTHS_V1, DEPTHS_V1, None, num_classes, in_shape[0])


def shufflenet_v2(name: str, num_classes: int, in_shape: Shape) -> nn.Module:  # noqa: ARG001
    """`shufflev2`: 1.0x."""
    return ShuffleNet(ShuffleUnitV2, WIDTHS_V2, DEPTHS_V2, LAST, num_classes, in_shape[0])


class ShuffleUnitV1(nn.Module):
    """A bottleneck of grouped convolutions; at stride 2 its input, pooled, is appended instead of added."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        made = c_out - c_in if stride == 2 else c_out
        middle, self.groups = made // 4, 1 if c_in == STEM else GROUPS
        self.conv1 = nn.Conv2d(c_in, middle, 1, groups=self.groups, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, made, 1, groups=GROUPS, bias=False)
        self.bn3 = nn.BatchNorm2d(made)
        self.shortcut = nn.AvgPool2d(3, 2, 1) if stride == 2 else None

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        y = F.channel_shuffle(F.relu(self.bn1(self.conv1(x))), self.groups)
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(y + x if self.shortcut is None else torch.cat([y, self.shortcut(x)], 1))


class ShuffleUnitV2(nn.Module):
    """Half of the channels pass by, half are convolved; at stride 2 both branches see all of them, and have layers."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        half = c_out // 2
        layers = [
            *((_depthwise(c_in), _pointwise(c_in, half)) if stride == 2 else ()),
            _pointwise(c_in if stride == 2 else half, half),
            _depthwise(half, stride),
            _pointwise(half, half),
        ]
        self.halves = stride == 1
        for place, (conv, norm) in enumerate(layers, 1):
            self.add_module(f"conv{place}", conv)
            self.add_module(f"bn{place}", norm)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        beside, y = x.chunk(2, 1) if self.halves else (F.relu(self._layer(2, self._layer(1, x))), x)
        first = 1 if self.halves else 3
        y = self._layer(first + 1, F.relu(self._layer(first, y)))
        return F.channel_shuffle(torch.cat([beside, F.relu(self._layer(first + 2, y))], 1), 2)

    def _layer(self, place: int, x: Tensor) -> Tensor:
        out: Tensor = self.get_submodule(f"bn{place}")(self.get_submodule(f"conv{place}")(x))
        return out


def _pointwise(c_in: int, c_out: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out)


def _depthwise(width: int, stride: int = 2) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False), nn.BatchNorm2d(width)


class ShuffleNet(nn.Module):
    """Stem, three stages that begin at stride 2, perhaps a last 1 x 1 convolution, global pooling, classifier."""

    def __init__(
        self,
        unit: type[ShuffleUnitV1 | ShuffleUnitV2],
        widths: tuple[int, ...],
        depths: tuple[int, ...],
        last: int | None,
        num_classes: int,
        in_channels: int,
    ) -> None:
        super().__init__()
        self.conv1, self.bn1 = _pointwise(in_channels, STEM)
        c_in = STEM
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True), 1):
            units = [unit(c_in if not i else width, width, 1 if i else 2) for i in range(depth)]
            self.add_module(f"layer{stage}", nn.Sequential(*units))
            c_in = width
        self.stages = len(widths)
        self.has_last = last is not None
        if last is not None:
            self.conv2, self.bn2 = _pointwise(c_in, last)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(last or c_in, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        maps = F.relu(self.bn1(self.conv1(images)))
        for stage in range(1, self.stages + 1):
            maps = self.get_submodule(f"layer{stage}")(maps)
        if self.has_last:
            maps = F.relu(self.bn2(self.conv2(maps)))
        logits: Tensor = self.linear(self.pool(maps).flatten(1))
        return logits
