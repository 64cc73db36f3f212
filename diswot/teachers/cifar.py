"""Teachers for small images."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from diswot_spaces import Shape
from diswot_spaces.cifar_resnet import WIDTHS
from diswot_spaces.networks.cifar_resnet import CifarResNet


def cifar_resnet(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """`resnet8` to `resnet110`: (depth - 2) / 6 basic blocks in each stage (He et al. 2016, section 4.2).

    Shortcuts that change shape are projected, as in the space of students. `resnet8x4` and `resnet32x4` have stages
    four times as wide behind a stem that is twice as wide, as in the code of Tian et al., "Contrastive Representation
    Distillation", ICLR 2020.
    """
    depth, wide, _ = name.removeprefix("resnet").partition("x4")
    stages = [((int(depth) - 2) // 6, width * (4 if wide else 1)) for width in WIDTHS]
    return CifarResNet(stages, num_classes, in_shape[0], stem=2 * WIDTHS[0] if wide else None)


def bottleneck_resnet(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """`resnet50` of ImageNet (He et al. 2016, table 1) behind a stem of 3 x 3 at stride 1, without max pooling."""
    from torchvision.models import get_model

    network: Any = get_model(name, weights=None, num_classes=num_classes)
    network.conv1 = nn.Conv2d(in_shape[0], 64, 3, 1, 1, bias=False)
    network.maxpool = nn.Identity()
    module: nn.Module = network
    return module


def wide_resnet(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """`wrn-DEPTH-FACTOR` (Zagoruyko and Komodakis, "Wide Residual Networks", BMVC 2016)."""
    depth, factor = map(int, name.split("-")[1:])
    return WideResNet((depth - 4) // 6, factor, num_classes, in_shape[0])


class WideBlock(nn.Module):
    """Batch norm and ReLU before each of two 3 x 3 convolutions; a projected shortcut starts behind the first ReLU."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.pre = nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU())
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.mid = nn.Sequential(nn.BatchNorm2d(c_out), nn.ReLU())
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.shortcut = None if c_in == c_out else nn.Conv2d(c_in, c_out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        y = self.pre(x)
        out: Tensor = self.conv2(self.mid(self.conv1(y)))
        return out + (x if self.shortcut is None else self.shortcut(y))


class WideResNet(nn.Module):
    """Three stages of pre-activation blocks at widths 16, 32, 64 times a factor."""

    def __init__(self, blocks: int, factor: int, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_channels, 16, 3, 1, 1, bias=False)
        layers: list[nn.Module] = []
        c_in = 16
        for stage, width in enumerate((16 * factor, 32 * factor, 64 * factor)):
            for i in range(blocks):
                layers.append(WideBlock(c_in, width, 2 if stage and not i else 1))
                c_in = width
        self.blocks = nn.Sequential(*layers, nn.BatchNorm2d(c_in), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(c_in, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        logits: Tensor = self.classifier(self.pool(self.blocks(self.stem(images))).flatten(1))
        return logits
