"""VGG for small images: convolutions of 3 x 3, no fully connected layers but the classifier.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, with batch
norm; stages and names of parameters as in the code of Tian et al., "Contrastive Representation Distillation", ICLR
2020.
"""

from __future__ import annotations

from torch import Tensor, nn

from diswot_spaces import Shape

DEPTHS = {8: (1, 1, 1, 1, 1), 11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions in each stage, by the number in the name."""
WIDTHS = (64, 128, 256, 512, 512)


def vgg(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """`vgg8` to `vgg19`."""
    return VGG(DEPTHS[int(name.removeprefix("vgg"))], num_classes, in_shape)


class VGG(nn.Module):
    """Five stages; maps are halved behind each of the first three, and behind the fourth where images are large."""

    def __init__(self, depths: tuple[int, ...], num_classes: int, in_shape: Shape) -> None:
        super().__init__()
        c_in = in_shape[0]
        for stage, (depth, width) in enumerate(zip(depths, WIDTHS, strict=True)):
            layers: list[nn.Module] = []
            for _ in range(depth):
                layers += [nn.Conv2d(c_in, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
                c_in = width
            self.add_module(f"block{stage}", nn.Sequential(*layers))
        pools = [True, True, True, min(in_shape[1:]) >= 64, False]
        self.pools = nn.ModuleList(nn.MaxPool2d(2, ceil_mode=True) if pool else nn.Identity() for pool in pools)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(c_in, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, C, H, W)` to logits `(N, num_classes)`."""
        maps = images
        for stage, pool in enumerate(self.pools):
            maps = pool(self.get_submodule(f"block{stage}")(maps))
        logits: Tensor = self.classifier(self.pool(maps).flatten(1))
        return logits
