"""What `diswot teachers show` says."""

import json

import pytest
import torch
from torch import Tensor, nn

from diswot.spec.teacher import TeacherSpec
from diswot.teachers.describe import Tap, describe_teacher
from diswot.teachers.spec import TEACHERS
from tests.diswot.cli.inside import diswot


@pytest.mark.parametrize(
    ("name", "last_map", "pooled", "head"),
    [
        ("resnet8", ("blocks", (64, 8, 8)), ("pool", (64,)), "classifier"),
        ("timm:test_vit", ("norm", (64, 5, 1)), ("head_drop", (64,)), "head"),
        ("timm:gmlp_ti16_224", ("norm", (128, 4, 1)), ("head_drop", (128,)), "head"),
    ],
)
def test_taps_of_a_cnn_a_transformer_and_an_mlp(
    name: str, last_map: tuple[str, tuple[int, ...]], pooled: tuple[str, tuple[int, ...]], head: str
) -> None:
    found = describe_teacher(TeacherSpec(name, 7))
    assert found.last_map is not None
    assert found.pooled is not None
    assert (found.last_map.path, found.last_map.shape) == last_map
    assert (found.pooled.path, found.pooled.shape) == pooled
    assert found.head == Tap(path=head, module="Linear", shape=(7,))


class Functional(nn.Module):
    """Makes its map by a function, and its logits by an average."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.one, self.other = nn.Conv2d(3, 4, 3), nn.Linear(4, 7), nn.Linear(4, 7)

    def forward(self, images: Tensor) -> Tensor:
        """The mean of two heads."""
        pooled = torch.relu(self.conv(images)).mean((2, 3))
        out: Tensor = (self.one(pooled) + self.other(pooled)) / 2
        return out


def test_what_no_single_module_makes_has_no_path() -> None:
    found = describe_teacher(TeacherSpec(TEACHERS.name_of(Functional()), 7))
    assert found.last_map == Tap(path=None, module=None, shape=(4, 30, 30))
    assert (found.pooled, found.head, found.weights) == (None, None, "given")
    named = describe_teacher(TeacherSpec(TEACHERS.name_of(Functional()), 7, map_path="conv", head_path="one"))
    assert named.last_map == Tap(path="conv", module="Conv2d", shape=(4, 30, 30))
    assert named.pooled is not None
    assert named.pooled.shape == (4,)


def test_the_command_shows_and_refuses() -> None:
    shown = diswot("teachers", "show", "torchvision:resnet18", "--classes", "10", "--input", "3x64x64").stdout
    for part in (
        "11,181,642 parameters",
        "made for 3x224x224",
        "mean 0.485 0.456 0.406",
        "512 x 2 x 2, of layer4",
        "fc",
    ):
        assert part in shown
    found = json.loads(diswot("teachers", "show", "resnet8", "--json").stdout)
    assert found["head"] == {"path": "classifier", "module": "Linear", "shape": [100]}
    assert "resnet8x4 " in diswot("teachers").stdout
    refused = diswot("teachers", "show", "resnet8", "--teacher-map", "block")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: unknown module of teacher resnet8 'block'; valid: blocks")
