"""The shortest way from the images to the logits, counted by hand."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.networks import build_random
from diswot.observation import observe
from diswot.observation.capture import Capture
from diswot.observation.paths import ShortestPaths
from diswot.observation.taps import Taps
from diswot.probes.noise import white_noise
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher
from diswot_spaces import get_space


def conv(width: int = 3) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())


class Block(nn.Module):
    """Three convolutions, ways past them, and a classifier."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.long, self.short, self.head = nn.Sequential(conv(), conv(), conv()), conv(), nn.LazyLinear(4)

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.head(getattr(self, self.way)(images).mean((2, 3)))
        return out

    def plain(self, x: Tensor) -> Tensor:
        out: Tensor = self.long(x)
        return out

    def residual(self, x: Tensor) -> Tensor:
        return self.plain(x) + x

    def projected(self, x: Tensor) -> Tensor:
        out: Tensor = self.plain(x) + self.short(x)
        return out

    def in_place(self, x: Tensor) -> Tensor:
        y = self.plain(x)
        y += self.short(x)
        return F.relu_(y)

    def dense(self, x: Tensor) -> Tensor:
        return torch.cat([self.plain(x), x], dim=1)

    def gated(self, x: Tensor) -> Tensor:
        return self.plain(x) * torch.sigmoid(self.short(x).mean((2, 3), keepdim=True))

    def padded(self, x: Tensor) -> Tensor:
        buffer = torch.zeros_like(self.plain(x))  # zeros on no path
        buffer[:, :3] = x
        return self.plain(x) + buffer

    def halved(self, x: Tensor) -> Tensor:
        kept, other = self.plain(x).chunk(2, dim=3)
        return torch.stack([kept, other]).sum(0)


@pytest.mark.parametrize(
    ("way", "length"),
    [
        ("plain", 4),  # the three and the classifier
        ("residual", 1),
        ("projected", 2),
        ("in_place", 2),
        ("dense", 1),
        ("gated", 2),
        ("padded", 1),
        ("halved", 4),
    ],
)
def test_the_shorter_way_counts_wherever_ways_meet(way: str, length: int) -> None:
    network = Block(way)
    probe = white_noise(2, 4, (3, 6, 6), 0)
    network(probe.images)
    assert observe(network, probe, Capture.SHORTEST_PATH).shortest_path == length
    assert observe(network, probe, Capture.NOTHING).shortest_path is None


@pytest.mark.parametrize(
    ("space", "arch", "length"),
    [
        # Stem, projections in two reductions, classifier; fifteen more where no edge leads past the convolutions.
        ("nasbench201", "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|", 4),
        ("nasbench201", "|avg_pool_3x3~0|+|none~0|skip_connect~1|+|nor_conv_3x3~0|none~1|avg_pool_3x3~2|", 4),
        ("nasbench201", "|skip_connect~0|+|none~0|none~1|+|none~0|nor_conv_1x1~1|none~2|", 19),
        ("nasbench201", "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|", 34),
        ("cifar-resnet", "7-1-3", 4),
    ],
)
def test_lengths_in_the_spaces(space: str, arch: str, length: int) -> None:
    found = get_space(space)
    network = build_random(lambda: found.build(found.decode(arch), 4, (3, 16, 16)), 0)
    assert observe(network, white_noise(2, 4, (3, 16, 16), 0), Capture.SHORTEST_PATH).shortest_path == length


def test_attention_is_one_layer_that_a_residual_leads_past() -> None:
    # The embedding of patches, the position code that is added to it, and the head; blocks have ways past them.
    network = build_teacher(TeacherSpec("timm:vit_tiny_patch16_224", 4, (3, 224, 224)), 0)
    assert observe(network, white_noise(2, 4, (3, 224, 224), 0), Capture.SHORTEST_PATH).shortest_path == 3


def test_tensors_that_no_path_leads_to_have_no_length() -> None:
    images = torch.ones(2, 3)
    weight = nn.Parameter(torch.ones(4, 3))
    paths = ShortestPaths(images)
    with Taps(2, Capture.NOTHING, batch_statistics=True, paths=paths):
        constant, out = F.linear(torch.ones(2, 3), weight), F.linear(images, weight)
    assert paths.to(constant) is None
    assert paths.to(out) == 1
    assert paths.to(images) == 0
