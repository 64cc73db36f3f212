"""MobileNetV2 at half width, as distillation papers use it on small images.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018; strides, ReLU instead of ReLU6 and
names of parameters as in the code of Tian et al., "Contrastive Representation Distillation", ICLR 2020.
"""

from __future__ import annotations

from torch import Tensor, nn

from diswot_spaces import Shape

STEM, LAST = 32, 1280
STAGES = ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, width, blocks and first stride."""


def mobilenet_v2(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """`mobilenetv2-WIDTH`, such as `mobilenetv2-0.5`; the last convolution keeps its 1,280 channels."""
    return MobileNetV2(float(name.rpartition("-")[2]), num_classes, in_shape[0])


def _conv_bn_relu(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(c_out), nn.ReLU()]


class InvertedResidual(nn.Module):
    """Expand, even by one; filter each channel; project; a shortcut where the shape stays."""

    def __init__(self, c_in: int, c_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = c_in * expansion
        self.conv = nn.Sequential(
            *_conv_bn_relu(c_in, hidden, 1),
            *_conv_bn_relu(hidden, hidden, 3, stride, hidden),
            *_conv_bn_relu(hidden, c_out, 1)[:-1],
        )
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        out: Tensor = self.conv(x)
        return x + out if self.residual else out


class MobileNetV2(nn.Module):
    """Stem at stride 2, seven stages, last 1 x 1 convolution, global pooling, classifier."""

    def __init__(self, width: float, num_classes: int, in_channels: int) -> None:
        super().__init__()
        c_in = int(STEM * width)
        self.conv1 = nn.Sequential(*_conv_bn_relu(in_channels, c_in, 3, 2))
        stages: list[nn.Module] = []
        for expansion, channels, depth, stride in STAGES:
            c_out = int(channels * width)
            blocks = [
                InvertedResidual(c_out if i else c_in, c_out, 1 if i else stride, expansion) for i in range(depth)
            ]
            stages.append(nn.Sequential(*blocks))
            c_in = c_out
        self.blocks = nn.Sequential(*stages)
        self.conv2 = nn.Sequential(*_conv_bn_relu(c_in, LAST, 1))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Linear(LAST, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        logits: Tensor = self.classifier(self.pool(self.conv2(self.blocks(self.conv1(images)))).flatten(1))
        return logits
