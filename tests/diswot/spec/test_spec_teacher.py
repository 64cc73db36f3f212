"""What a teacher is called."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from diswot.errors import InputError, UnknownName
from diswot.spec.teacher import TeacherSpec
from diswot.teachers import TEACHERS
from diswot_spaces import SPACES

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"


@pytest.mark.parametrize("key", TEACHERS)
def test_every_row_names_a_builder_that_exists(key: str) -> None:
    family = TEACHERS[key]
    assert callable(family.build)
    assert family.name == key
    assert family.summary


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("resnet56", "resnet56"),
        (f"nasbench201:{CELL}", f"nasbench201:{CELL}"),
        ("timm:resnet18", "resnet18"),
        ("timm:a:b", "a:b"),
    ],
)
def test_the_builder_gets_what_follows_the_colon_or_the_whole_name(name: str, argument: str) -> None:
    assert TeacherSpec(name).argument == argument


@pytest.mark.parametrize(
    "name", ["resnet57", "ResNet56", "", "timm", "resnet56:", "nasbench201", "hub:resnet18", "mobilenetv2"]
)
def test_an_unknown_teacher_lists_the_valid_ones(name: str) -> None:
    spaces = ", ".join(f"{space}:ARCH" for space in SPACES)
    with pytest.raises(UnknownName) as raised:
        TeacherSpec(name)
    said = str(raised.value)
    assert said.startswith(f"unknown teacher {name!r}; valid: resnet8, resnet14, resnet20, ")
    assert said.endswith(f", mobilenetv2-0.5, shufflev1, shufflev2, {spaces}, timm:NAME, torchvision:NAME")


@pytest.mark.parametrize("name", ["timm:", "nasbench201:", "cifar-resnet:"])
def test_a_name_without_its_argument(name: str) -> None:
    form = TEACHERS[name[:-1]].form
    with pytest.raises(InputError, match=f"^teacher '{name}' lacks what follows the colon: {form}$"):
        TeacherSpec(name)


@pytest.mark.parametrize("classes", [0, -1])
def test_a_teacher_tells_at_least_one_class(classes: int) -> None:
    with pytest.raises(InputError, match=f"^classes must be at least 1, not {classes}$"):
        TeacherSpec("resnet56", classes)


@pytest.mark.parametrize("shape", [(3, 0, 32), (0, 32, 32), (3, 32, -1)])
def test_an_input_has_three_positive_sizes(shape: tuple[int, int, int]) -> None:
    said = "x".join(map(str, shape))
    with pytest.raises(InputError, match=f"^each number of input must be at least 1, not {said}$"):
        TeacherSpec("resnet56", in_shape=shape)


def test_a_missing_weights_file(tmp_path: Path) -> None:
    file = tmp_path / "no.safetensors"
    with pytest.raises(InputError, match=re.escape(f"weights file {str(file)!r} does not exist")):
        TeacherSpec("resnet56", weights=file).check()


def test_naming_a_teacher_needs_no_torch() -> None:
    code = "import sys, diswot.spec.teacher; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
