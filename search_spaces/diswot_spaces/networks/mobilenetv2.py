"""MobileNetV2 networks of freely chosen depths and widths."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from diswot_spaces.layers import LayerFactory, fresh


def conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution with 'same' padding, and batch norm."""
    conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; a shortcut where the shape stays (Sandler et al. 2018, section 3.3)."""

    def __init__(self, c_in: int, c_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = c_in * expansion
        expand = [conv_bn(c_in, hidden, 1), nn.ReLU6()] if expansion != 1 else []
        self.body = nn.Sequential(
            *expand, conv_bn(hidden, hidden, 3, stride, hidden), nn.ReLU6(), conv_bn(hidden, c_out, 1)
        )
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        out: Tensor = self.body(x)
        return x + out if self.residual else out


class InvertedResidualNetwork(nn.Module):
    """Stem at stride 1, stages of (expansion, width, depth, stride), last 1 x 1 convolution, pooling, classifier."""

    def __init__(
        self,
        stem: int,
        stages: Sequence[tuple[int, int, int, int]],
        last: int,
        num_classes: int,
        in_channels: int = 3,
        layers: LayerFactory = fresh,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(layers("stem.0", conv_bn, in_channels, stem, 3), nn.ReLU6())
        blocks: list[nn.Module] = []
        c_in = stem
        for expansion, width, depth, stride in stages:
            for i in range(depth):
                path = f"blocks.{len(blocks)}"
                blocks.append(layers(path, InvertedResidual, c_in, width, 1 if i else stride, expansion))
                c_in = width
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(layers("last.0", conv_bn, c_in, last, 1), nn.ReLU6())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = layers("classifier", nn.Linear, last, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        logits: Tensor = self.classifier(self.pool(self.last(self.blocks(self.stem(images)))).flatten(1))
        return logits
