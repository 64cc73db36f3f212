"""Any classifier is observed, and what is none is refused."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.errors import NotAClassifier
from diswot.networks import build_random
from diswot.observation import Observation, observe
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot.probes.noise import white_noise
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher
from diswot_spaces import SPACES, Shape, get_space

POOLING = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|"


def student(space_name: str, text: str, shape: Shape = (3, 32, 32), classes: int = 10) -> Observation:
    space = get_space(space_name)
    module = build_random(lambda: space.build(space.decode(text), classes, shape), 0)
    return observe(module, white_noise(4, classes, shape, 0))


def shapes(observation: Observation) -> list[tuple[int, ...]]:
    return [tuple(stage.shape[1:]) for stage in observation.stages]


@pytest.mark.parametrize(("space", "text"), [("cifar-resnet", "1-3-1"), ("nasbench201", POOLING)])
def test_three_stages_of_networks_for_small_images(space: str, text: str) -> None:
    observation = student(space, text)
    assert shapes(observation) == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
    assert observation.map_before_pooling.shape == (4, 64, 8, 8)
    torch.testing.assert_close(observation.map_before_pooling.mean((2, 3)), observation.pooled)
    assert bool((observation.map_before_pooling >= 0).all())  # Behind the last ReLU.


def test_stages_of_inverted_residuals() -> None:
    space = SPACES["mobilenetv2"]
    observation = student("mobilenetv2", space.encode(space.smallest))
    assert [stage[1:] for stage in shapes(observation)] == [(32, 32), (16, 16), (8, 8), (4, 4), (2, 2)][
        : len(observation.stages)
    ]
    assert observation.map_before_pooling.shape[1] == observation.pooled.shape[1]
    torch.testing.assert_close(observation.map_before_pooling.mean((2, 3)), observation.pooled)


def test_stages_of_odd_and_oblong_images() -> None:
    assert shapes(student("cifar-resnet", "1-1-1", (1, 27, 20), 3)) == [(16, 27, 20), (32, 14, 10), (64, 7, 5)]


def test_stages_of_a_wide_resnet_end_behind_the_last_norm() -> None:
    observation = observe(build_teacher(TeacherSpec("wrn-40-2", 10), 0), white_noise(4, 10, (3, 32, 32), 0))
    assert shapes(observation) == [(32, 32, 32), (64, 16, 16), (128, 8, 8)]
    torch.testing.assert_close(observation.map_before_pooling.mean((2, 3)), observation.pooled)


def test_the_maps_of_a_vision_transformer_are_its_tokens() -> None:
    observation = observe(build_teacher(TeacherSpec("timm:test_vit", 10), 0), white_noise(4, 10, (3, 32, 32), 0))
    width = observation.pooled.shape[1]
    assert observation.map_before_pooling.shape == (4, width, 5, 1)  # 2 x 2 patches and the class token.
    torch.testing.assert_close(observation.map_before_pooling[:, :, 0, 0], observation.pooled)
    assert (width, 5, 1) in shapes(observation)
    assert len(observation.activations) == 6


def test_the_maps_of_a_network_that_ends_in_channels_are_turned() -> None:
    observation = observe(build_teacher(TeacherSpec("timm:test_convnext", 10), 0), white_noise(4, 10, (3, 64, 64), 0))
    assert shapes(observation) == [(24, 16, 16), (32, 8, 8), (48, 4, 4), (64, 2, 2)]


def vgg_like() -> nn.Module:
    """Two convolutions with pooling between them; the head reads the flattened map."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 2 * 2, 5),
    )  # fmt: skip


def test_a_network_that_flattens_its_last_map(probe: ProbeBatch) -> None:
    observation = observe(vgg_like(), probe)
    assert observation.pooled.shape == (6, 64)
    assert observation.map_before_pooling.shape == (6, 16, 2, 2)
    assert torch.equal(observation.map_before_pooling.flatten(1), observation.pooled)
    assert shapes(observation) == [(8, 8, 8), (16, 4, 4), (16, 2, 2)]


def test_a_head_of_several_linear_layers(every_way: nn.Module, probe: ProbeBatch) -> None:
    observation = observe(every_way, probe)
    assert observation.pooled.shape == (6, 7)
    with torch.inference_mode():
        torch.testing.assert_close(every_way.get_submodule("head")(observation.pooled), observation.logits)


def test_the_record_is_of_the_batch(probe: ProbeBatch) -> None:
    observation = observe(vgg_like(), probe, Capture.NOTHING)
    assert observation.logits.shape == (6, 5)
    assert observation.logits.dtype == observation.pooled.dtype == torch.float32
    assert torch.equal(observation.labels, probe.labels)


class Ending(nn.Module):
    """A linear head with something behind it."""

    def __init__(self, change: str) -> None:
        super().__init__()
        self.head, self.change = nn.Linear(3, 5), change

    def forward(self, images: Tensor) -> object:
        logits = self.head(images.mean((2, 3)))
        endings: dict[str, object] = {
            "softmax": logits.log_softmax(1),
            "scaled": logits * 2,
            "tuple": (logits, logits),
            "dict": {"logits": logits},
            "averaged": (self.head(images.mean((2, 3))) + logits) / 2,
            "tokens": logits[:, None],
            "half": logits[:3],
        }
        return endings[self.change]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            Ending("softmax"),
            r"Ending has no linear classifier head: its logits \(6, 5\) do not come from a linear layer",
        ),
        (Ending("scaled"), r"Ending has no linear classifier head: its logits \(6, 5\)"),
        (
            Ending("tuple"),
            r"Ending must give logits \(images, classes\) for 6 images, not a tuple of 2; return one of them",
        ),
        (Ending("dict"), r"Ending must give logits \(images, classes\) for 6 images, not a dict$"),
        (Ending("tokens"), r"Ending must give logits \(images, classes\) for 6 images, not \(6, 1, 5\)"),
        (Ending("half"), r"Ending must give logits \(images, classes\) for 6 images, not \(3, 5\)"),
        (
            nn.Sequential(nn.Conv2d(3, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            r"Sequential has no linear classifier head: its logits \(6, 5\)",
        ),
        (
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 6, 1, groups=3), nn.Flatten()),
            r"Sequential has no linear classifier head: its logits \(6, 6\)",
        ),
        (
            nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4, 5)),
            r"Sequential cannot take images of 3 x 8 x 8 \(Given groups=1, weight of size \[4, 1, 3, 3\]",
        ),
        (
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)),
            "Sequential has 2 classes, too few for label 4",
        ),
    ],
)
def test_what_is_no_classifier_is_refused(module: nn.Module, message: str, probe: ProbeBatch) -> None:
    with pytest.raises(NotAClassifier, match=f"^{message}"):
        observe(module, probe, Capture.HEAD)


@pytest.mark.parametrize("change", ["softmax", "scaled", "averaged"])
def test_a_head_that_is_not_linear_does_where_none_is_wanted(change: str, probe: ProbeBatch) -> None:
    observation = observe(Ending(change), probe, Capture.KERNELS)
    assert observation.logits.shape == (6, 5)
    assert observation.head_input is None


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_a_convolution_of_one_pixel_is_a_linear_head(memory: torch.memory_format, probe: ProbeBatch) -> None:
    """As in ResNet V2, DLA and the heads of MobileNetV3."""
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 5, 1), nn.Flatten()).to(memory_format=memory)
    observation = observe(module, replace(probe, images=probe.images.contiguous(memory_format=memory)), Capture.HEAD)
    torch.testing.assert_close(observation.pooled, probe.images.mean((2, 3)))
    weight = module.get_parameter("1.weight").detach().clone().flatten(1).requires_grad_()
    loss = F.cross_entropy(F.linear(probe.images.mean((2, 3)), weight, module.get_parameter("1.bias")), probe.labels)
    (expected,) = torch.autograd.grad(loss, weight)
    torch.testing.assert_close(observation.classifier_gradient, expected)


class _Unruly(nn.Module):
    """Drops units without asking for its mode, passes by keyword, and refuses small images."""

    def __init__(self, least: int = 0) -> None:
        super().__init__()
        self.least = least
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 10)

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[2] >= self.least, f"images must be at least {self.least} pixels high"
        maps = F.relu(input=self.conv(x))
        pooled = F.dropout(F.adaptive_avg_pool2d(input=maps, output_size=1).flatten(1), 0.5)
        logits: Tensor = F.linear(input=pooled, weight=self.head.weight, bias=self.head.bias)
        return logits


def test_dropout_that_forgets_its_mode_is_off_and_keywords_are_understood() -> None:
    module = build_random(_Unruly, 0)
    before = torch.random.get_rng_state()
    one, two = (observe(module, white_noise(8, 10, (3, 8, 8), 0)) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one.logits, two.logits)
    assert one.map_before_pooling.shape == (8, 4, 6, 6)


def test_a_network_that_refuses_its_input_says_why_in_one_sentence() -> None:
    with pytest.raises(
        NotAClassifier, match=r"cannot take images of 3 x 8 x 8 \(images must be at least 99 pixels high\)$"
    ):
        observe(_Unruly(99), white_noise(8, 10, (3, 8, 8), 0))
