"""What teachers cost: formulas against the networks, and what has no formula counted."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from diswot.spec.teacher import TeacherSpec
from diswot.teachers.costs import costs_by_formula, teacher_costs
from diswot_spaces import Shape
from diswot_spaces.networks.counting import count_costs

TASKS: list[tuple[int, Shape]] = [(7, (3, 33, 20)), (100, (3, 32, 32)), (5000, (3, 1, 1)), (10, (300, 2, 2))]


@pytest.mark.parametrize("name", ["resnet8", "resnet56", "wrn-16-1", "wrn-40-2", "cifar-resnet:3-1-7"])
@pytest.mark.parametrize(("classes", "shape"), TASKS)
def test_formulas_count_what_the_network_costs(name: str, classes: int, shape: Shape) -> None:
    spec = TeacherSpec(name, classes, shape)
    family = spec.family
    counted, _ = count_costs(lambda _: family.build(spec.argument, classes, shape), shape)
    assert costs_by_formula(spec) == counted


def test_published_costs_are_counted() -> None:
    """ResNet-18 and DeiT-Ti at 224 pixels: 1.81 and 1.25 G multiply-accumulates, products of attention included."""
    resnet = teacher_costs(TeacherSpec("timm:resnet18", 1000, (3, 224, 224)))
    vit = teacher_costs(TeacherSpec("timm:vit_tiny_patch16_224", 1000, (3, 224, 224)))
    assert resnet is not None
    assert vit is not None
    assert (resnet.params, vit.params) == (11_689_512, 5_717_416)
    assert (round(resnet.macs / 1e9, 2), round(vit.macs / 1e9, 2)) == (1.81, 1.25)


class Choosy(nn.Module):
    """Asks for the numbers of its input, which nothing without numbers can tell."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, :10] * (1.0 if bool(images.sum() > 0) else 2.0)


def test_a_network_of_ones_own_is_counted_and_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    module.requires_grad_(False)
    costs = teacher_costs(TeacherSpec(module, 10, (3, 8, 8)))  # type: ignore[arg-type]
    assert costs is not None
    assert (costs.params, costs.macs, costs.depth) == (224 + 90, 6 * 6 * 216 + 80, 2)
    assert all(parameter.device.type == "cpu" and not parameter.requires_grad for parameter in module.parameters())


@pytest.mark.parametrize("teacher", ["timm:inception_v4", Choosy()])
def test_what_cannot_be_counted_is_not_known(teacher: str) -> None:
    before = torch.random.get_rng_state()
    assert teacher_costs(TeacherSpec(teacher, 10)) is None
    assert torch.equal(torch.random.get_rng_state(), before)


def test_formulas_need_no_torch() -> None:
    code = (
        "import sys; from diswot.teachers.costs import costs_by_formula; from diswot.spec.teacher import TeacherSpec; "
        "[costs_by_formula(TeacherSpec(n)) for n in ('resnet56', 'wrn-40-2', 'nasbench201:largest')]; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
