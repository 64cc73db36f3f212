"""The classifier's gradient in closed form, and kernels by depth."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.errors import NotAClassifier
from diswot.networks import build_random
from diswot.observation import Activation, Observation, observe
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot.probes.noise import white_noise
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher
from diswot_spaces import SPACES, SearchSpace

CELL = "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|"
CLASSES = 10
TEACHERS = [
    "resnet20",
    "wrn-40-2",
    f"nasbench201:{CELL}",
    "timm:resnet18",
    "timm:test_vit",
    "timm:test_convnext",
    "timm:test_efficientnet",
]
"""One of each family; of timm's, GELU in the second and third and SiLU in the last."""

SIDE = 16
"""Height and width of the images of students."""


def some_architecture(space: SearchSpace) -> nn.Module:
    if space.name == "nasbench201":
        arch = space.decode(CELL)
    else:
        arch = space.smallest if space.monotone else space.sample(np.random.default_rng(0))
    return build_random(lambda: space.build(arch, CLASSES, (3, SIDE, SIDE)), seed=1)


def by_autograd(module: nn.Module, probe: ProbeBatch) -> Tensor:
    """Gradient of the mean cross-entropy for the weight of the last linear layer, at the first training step."""
    twin = copy.deepcopy(module).eval().requires_grad_(True)
    heads = [layer for layer in twin.modules() if isinstance(layer, nn.Linear) and layer.out_features == CLASSES]
    for layer in twin.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.train()
    loss = F.cross_entropy(twin(probe.images), probe.labels)
    return torch.autograd.grad(loss, heads[-1].weight)[0]


def assert_gradients_agree(module: nn.Module, side: int = SIDE) -> None:
    probe = white_noise(6, CLASSES, (3, side, side), 0)
    found = observe(module, probe, Capture.NOTHING).classifier_gradient
    expected = by_autograd(module, probe)
    assert found.shape == expected.shape
    assert float((found - expected).norm() / expected.norm()) < 1e-5


@pytest.mark.parametrize("name", SPACES)
def test_the_gradient_of_students_is_that_of_autograd(name: str) -> None:
    assert_gradients_agree(some_architecture(SPACES[name]))


@pytest.mark.parametrize("name", TEACHERS)
def test_the_gradient_of_teachers_is_that_of_autograd(name: str) -> None:
    assert_gradients_agree(build_teacher(TeacherSpec(name, CLASSES), seed=1), 32)


def record(**fields: object) -> Observation:
    """Two images of two classes: equal logits for the first, certainty for the second."""
    defaults: dict[str, object] = {
        "logits": torch.tensor([[0.0, 0.0], [0.0, 100.0]]),
        "head_input": torch.tensor([[2.0, 4.0, 0.0], [1.0, 1.0, 8.0]]),
        "labels": torch.tensor([0, 0]),
    }
    return Observation(**(defaults | fields))  # type: ignore[arg-type]


def test_the_gradient_by_hand() -> None:
    """Residuals (1/2 - 1, 1/2) and (0 - 1, 1), times the features, over two images."""
    expected = [[-0.5 - 0.5, -1.0 - 0.5, -4.0], [0.5 + 0.5, 1.0 + 0.5, 4.0]]
    torch.testing.assert_close(record().classifier_gradient, torch.tensor(expected))


def test_the_gradient_leaves_the_logits_alone() -> None:
    observation = record()
    before = observation.logits.clone()
    assert observation.classifier_gradient is observation.classifier_gradient
    assert torch.equal(observation.logits, before)


def test_kernels_are_summed_over_thirds_of_the_depth() -> None:
    activations = tuple(Activation(1, torch.full((2, 2), float(10**i))) for i in range(5))
    kernels = record(activations=activations).kernels()
    assert kernels[:, 0, 1].tolist() == [11.0, 1100.0, 10000.0]
    assert record(activations=activations).kernels(1).tolist() == [[[11111.0] * 2] * 2]


def test_a_network_without_nonlinearities_has_empty_kernels() -> None:
    assert not record().kernels().any()


def test_kernels_that_were_not_wanted() -> None:
    with pytest.raises(ValueError, match=r"^kernels were not wanted when the network was observed$"):
        record(activations=(Activation(1),)).kernels()


def test_covariances_that_were_not_wanted() -> None:
    with pytest.raises(ValueError, match=r"^covariances were not wanted when the network was observed$"):
        _ = record(activations=(Activation(1, covariance=torch.eye(1)), Activation(1))).channel_covariances


def test_a_network_without_a_linear_head() -> None:
    with pytest.raises(NotAClassifier, match=r"^the network has no linear classifier head$"):
        _ = record(head_input=None).classifier_gradient


def test_a_network_without_maps() -> None:
    with pytest.raises(NotAClassifier, match="computes no feature map"):
        _ = record().map_before_pooling
