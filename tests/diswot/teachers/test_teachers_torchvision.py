"""Classifiers of torchvision as teachers."""

import pytest
import torch

from diswot.errors import InputError, UnknownName
from diswot.observation.capture import Capture
from diswot.probes.batch import Normalization, ProbeBatch
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher, observe_teacher
from diswot.teachers.torchvision import native_input, normalization, torchvision_model

SMALL = (3, 32, 32)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "vit_b_16", "googlenet", "swin_t"])
def test_classifiers_teach_without_anything_being_downloaded(name: str) -> None:
    with torch.device("meta"):
        network = torchvision_model(name, 10, SMALL).eval()
        assert network(torch.empty(2, *SMALL)).shape == (2, 10)


def test_a_teacher_is_observed() -> None:
    probe = ProbeBatch(torch.randn(4, *SMALL), torch.arange(4), "random")
    view = observe_teacher(TeacherSpec("torchvision:resnet18", 10), probe, Capture.MAPS, seed=0, inits=1)
    assert view.first.pooled.shape == (4, 512)


def test_the_seed_decides_its_weights() -> None:
    first, again, other = (
        build_teacher(TeacherSpec("torchvision:resnet18", 10), seed).state_dict()["fc.weight"] for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_its_weights_were_trained_on_is_known() -> None:
    assert native_input("resnet18") == (3, 224, 224)
    assert normalization("vit_b_16") == Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.mark.parametrize(
    ("name", "shape", "error", "said"),
    [
        ("resnet19", SMALL, UnknownName, "unknown torchvision classifier 'resnet19'; valid: resnet18"),
        ("fasterrcnn_resnet50_fpn", SMALL, UnknownName, "unknown torchvision classifier 'fasterrcnn_resnet50_fpn'"),
        ("resnet18", (1, 28, 28), InputError, "classifiers of torchvision take images of 3 channels, not 1"),
        ("vit_b_16", (3, 32, 48), InputError, "torchvision's vit_b_16 takes square images, not 32 x 48"),
        ("vit_b_16", (3, 20, 20), InputError, "torchvision cannot build 'vit_b_16' for 10 classes: "),
    ],
)
def test_what_is_no_teacher_is_refused(
    name: str, shape: tuple[int, int, int], error: type[InputError], said: str
) -> None:
    with pytest.raises(error) as raised:
        torchvision_model(name, 10, shape)
    assert str(raised.value).startswith(said)
