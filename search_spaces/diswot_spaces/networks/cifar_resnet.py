"""CIFAR ResNets of basic blocks, as a space's students and as teachers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from diswot_spaces.layers import LayerFactory, fresh


def conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution with 'same' padding, and batch norm."""
    return nn.Sequential(nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(c_out))


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016, figure 2), projected where the shape changes."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv_bn(c_in, c_out, 3, stride)
        self.relu1 = nn.ReLU()
        self.conv2 = conv_bn(c_out, c_out, 3)
        self.shortcut = nn.Identity() if (c_in, stride) == (c_out, 1) else conv_bn(c_in, c_out, 1, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map `(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        out: Tensor = self.relu2(self.conv2(self.relu1(self.conv1(x))) + self.shortcut(x))
        return out


class CifarResNet(nn.Module):
    """Stem, one stage of basic blocks for each pair of depth and width, global pooling, classifier."""

    def __init__(
        self,
        stages: Sequence[tuple[int, int]],
        num_classes: int,
        in_channels: int = 3,
        layers: LayerFactory = fresh,
        stem: int | None = None,
    ) -> None:
        super().__init__()
        c_in = stem or stages[0][1]  # as wide as the first stage, unless said otherwise
        self.stem = nn.Sequential(layers("stem.0", conv_bn, in_channels, c_in, 3), nn.ReLU())
        blocks: list[nn.Module] = []
        for stage, (depth, width) in enumerate(stages):
            for i in range(depth):
                stride = 2 if stage and not i else 1
                blocks.append(layers(f"blocks.{len(blocks)}", BasicBlock, c_in, width, stride))
                c_in = width
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = layers("classifier", nn.Linear, c_in, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        logits: Tensor = self.classifier(self.pool(self.blocks(self.stem(images))).flatten(1))
        return logits
