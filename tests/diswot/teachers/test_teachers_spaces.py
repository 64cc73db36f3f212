"""Architectures of the search spaces as teachers."""

import pytest
import torch

from diswot.errors import InvalidArchitecture
from diswot.spec.teacher import TeacherSpec
from diswot.teachers import TEACHERS
from diswot.teachers.spaces import space_network
from diswot.teachers.spec import architecture_of
from diswot.teachers.teacher import build_teacher
from diswot_spaces import SPACES, get_space

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"


@pytest.mark.parametrize("space", SPACES)
def test_every_space_is_a_family_of_teachers(space: str) -> None:
    family = TEACHERS[space]
    assert (family.form, family.of_space, family.draws_own_weights) == (f"{space}:ARCH", True, False)
    assert f"{space}:largest" in family.summary


@pytest.mark.parametrize("name", SPACES)
def test_an_architecture_teaches_by_its_string(name: str) -> None:
    space = get_space(name)
    arch = space.canonical(next(space.enumerate()))
    spec = TeacherSpec(f"{name}:{space.encode(arch)}", 7, (1, 20, 28))
    module = build_teacher(spec, seed=0)
    params = sum(parameter.numel() for parameter in module.parameters())
    assert params == space.costs(arch, 7, (1, 20, 28)).params
    with torch.inference_mode():
        assert module(torch.zeros(2, 1, 20, 28)).shape == (2, 7)


@pytest.mark.parametrize("name", ["nasbench201", "cifar-resnet", "mobilenetv2"])
def test_the_largest_has_the_costs_of_the_formula(name: str) -> None:
    """Without memory: the largest MobileNetV2 has 286 million parameters."""
    with torch.device("meta"):
        module = space_network(f"{name}:largest", 100, (3, 32, 32))
    costs = get_space(name).costs(get_space(name).largest, 100)
    assert sum(parameter.numel() for parameter in module.parameters()) == costs.params


def test_the_largest_of_each_published_space() -> None:
    names = {
        name: get_space(name).encode(architecture_of(f"{name}:largest")[1]) for name in ("nasbench201", "cifar-resnet")
    }
    conv = "nor_conv_3x3"
    assert names["nasbench201"] == f"|{conv}~0|+|{conv}~0|{conv}~1|+|{conv}~0|{conv}~1|{conv}~2|"
    assert names["cifar-resnet"] == "7-7-7"


def test_cells_of_one_function_are_one_teacher() -> None:
    """An edge that ends at a node which nothing reads is not built."""
    dead = "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
    plain = "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
    assert architecture_of(f"nasbench201:{dead}") == architecture_of(f"nasbench201:{plain}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nasbench201:" + CELL.replace("nor_conv_3x3", "conv_7x7", 1), "unknown operation 'conv_7x7' on edge 0->1"),
        ("cifar-resnet:3-5-9", "depth '9' of stage 3 in '3-5-9' is not one of 1, 3, 5, 7"),
        ("mobilenetv2:biggest", "a mobilenetv2 architecture is JSON; 'biggest' is not"),
    ],
)
def test_a_malformed_architecture_says_where(name: str, message: str) -> None:
    with pytest.raises(InvalidArchitecture, match=message):
        TeacherSpec(name)
