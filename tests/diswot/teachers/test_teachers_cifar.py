"""Teachers for small images, counted by hand and against published figures."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from diswot.spec.teacher import TeacherSpec
from diswot.teachers.cifar import cifar_resnet, wide_resnet
from diswot.teachers.costs import teacher_costs
from diswot.teachers.spec import TEACHERS
from diswot.teachers.teacher import build_teacher

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
PROJECTIONS = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
"""Parameters of the two projected shortcuts, where He et al. pad with zeros."""


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def resnet_by_hand(blocks: int, classes: int) -> int:
    """A convolution of 3 x 3 from a to b channels has 9ab weights, the batch norm behind it 2b."""
    stem = 9 * 3 * 16 + 2 * 16
    stage1 = blocks * 2 * (9 * 16 * 16 + 2 * 16)
    stage2 = (9 * 16 * 32 + 2 * 32) + (2 * blocks - 1) * (9 * 32 * 32 + 2 * 32)
    stage3 = (9 * 32 * 64 + 2 * 64) + (2 * blocks - 1) * (9 * 64 * 64 + 2 * 64)
    return stem + stage1 + stage2 + stage3 + PROJECTIONS + 65 * classes


def meta_resnet(depth: int, classes: int) -> nn.Module:
    with torch.device("meta"):
        return cifar_resnet(f"resnet{depth}", classes, (3, 32, 32))


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
@pytest.mark.parametrize("classes", [10, 100])
def test_resnets_have_the_parameters_of_the_hand_count(depth: int, classes: int) -> None:
    assert parameters(meta_resnet(depth, classes)) == resnet_by_hand((depth - 2) // 6, classes)


def test_resnet56_with_100_classes_has_861_620_parameters() -> None:
    """464 + 42,048 + 162,432 + 647,424 + 2,752 + 6,500."""
    assert parameters(meta_resnet(56, 100)) == 861_620


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_resnets_agree_with_he_et_al_table_6(depth: int, millions: float) -> None:
    """With 10 classes and without projections, which the paper's networks lack."""
    count = (parameters(meta_resnet(depth, 10)) - PROJECTIONS) / 1e6
    assert round(count, 1 if millions > 1 else 2) == millions


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.28), (32, 0.47), (56, 0.86), (110, 1.74)])
def test_resnets_agree_with_the_tables_of_distillation_papers(depth: int, millions: float) -> None:
    """With 100 classes and projections, as in the code of Tian et al., "Contrastive Representation Distillation"."""
    assert round(parameters(meta_resnet(depth, 100)) / 1e6, 2) == millions


def test_wrn_40_2_has_the_parameters_of_the_hand_count() -> None:
    """Widths 32, 64, 128, six blocks a stage; the batch norms of a block come before its convolutions."""
    total = 9 * 3 * 16
    c_in = 16
    for width in (32, 64, 128):
        total += 2 * c_in + 9 * c_in * width + 2 * width + 9 * width * width + c_in * width
        total += 5 * 2 * (2 * width + 9 * width * width)
        c_in = width
    total += 2 * 128 + 128 * 100 + 100
    with torch.device("meta"):
        module = wide_resnet("wrn-40-2", 100, (3, 32, 32))
    assert parameters(module) == total == 2_255_156  # 2.26 M in the tables of distillation papers.


PUBLISHED = {
    "resnet8": 83_892, "resnet14": 181_108, "resnet20": 278_324, "resnet32": 472_756, "resnet44": 667_188,
    "resnet56": 861_620, "resnet110": 1_736_564, "resnet8x4": 1_233_540, "resnet32x4": 7_433_860,
    "resnet50": 23_705_252, "wrn-16-1": 180_916, "wrn-16-2": 703_284, "wrn-40-1": 569_780, "wrn-40-2": 2_255_156,
    "vgg8": 3_965_028, "vgg11": 9_277_284, "vgg13": 9_462_180, "vgg16": 14_774_436, "vgg19": 20_086_692,
    "mobilenetv2-0.5": 812_836, "shufflev1": 949_258, "shufflev2": 1_355_528,
}  # fmt: skip
"""Parameters with 100 classes in the code of Tian et al., "Contrastive Representation Distillation", ICLR 2020."""

NAMED = [name for name, family in TEACHERS.builtin.items() if ":" not in family.form]


@pytest.mark.parametrize("name", NAMED)
def test_every_named_teacher_has_the_parameters_of_the_published_code(name: str) -> None:
    costs = teacher_costs(TeacherSpec(name, 100))
    assert costs is not None
    assert costs.params == PUBLISHED[name]


def test_vgg8_has_the_parameters_of_the_hand_count() -> None:
    """A convolution of 3 x 3 from a to b channels has 9ab weights and b biases, the batch norm behind it 2b."""
    widths = [3, 64, 128, 256, 512, 512]
    total = sum(9 * a * b + 3 * b for a, b in pairwise(widths)) + 512 * 100 + 100
    assert total == PUBLISHED["vgg8"]


@pytest.mark.parametrize(
    ("name", "tensors"),
    [
        ("vgg13", {"block0.0.weight": (64, 3, 3, 3), "block3.4.running_mean": (512,), "classifier.bias": (100,)}),
        ("shufflev1", {"conv1.weight": (24, 3, 1, 1), "layer1.0.conv3.weight": (216, 18, 1, 1), "linear.bias": (100,)}),
        ("shufflev2", {"layer2.0.conv5.weight": (116, 116, 1, 1), "layer3.3.bn3.bias": (232,), "bn2.weight": (1024,)}),
        ("mobilenetv2-0.5", {"blocks.1.0.conv.3.weight": (48, 1, 3, 3), "classifier.0.weight": (100, 1280)}),
        (
            "resnet50",
            {"layer4.2.conv3.weight": (2048, 512, 1, 1), "fc.weight": (100, 2048), "conv1.weight": (64, 3, 3, 3)},
        ),
    ],
)
def test_parameters_go_by_the_names_of_the_published_code(name: str, tensors: dict[str, tuple[int, ...]]) -> None:
    with torch.device("meta"):
        state = TeacherSpec(name).family.build(name, 100, (3, 32, 32)).state_dict()
    assert {key: tuple(state[key].shape) for key in tensors} == tensors


@pytest.mark.parametrize("name", ["resnet20", "resnet110", "wrn-40-2"])
def test_layers_with_weights_are_as_many_as_the_name_says(name: str) -> None:
    with torch.device("meta"):
        module = (wide_resnet if name.startswith("wrn") else cifar_resnet)(name, 10, (3, 32, 32))
    layers = [
        layer
        for layer in module.modules()
        if isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3))
    ]
    assert len(layers) == {"resnet20": 20, "resnet110": 110, "wrn-40-2": 38}[name]


@pytest.mark.parametrize(
    "name", [*NAMED[:1], "resnet8x4", "vgg8", "shufflev1", "shufflev2", "mobilenetv2-0.5", f"nasbench201:{CELL}"]
)
@pytest.mark.parametrize(("classes", "shape"), [(1, (1, 28, 28)), (7, (4, 33, 20)), (1000, (3, 24, 24))])
def test_any_class_count_and_input(name: str, classes: int, shape: tuple[int, int, int]) -> None:
    module = build_teacher(TeacherSpec(name, classes, shape), seed=0)
    assert not module.training
    with torch.inference_mode():
        logits = module(torch.zeros(2, *shape))
    assert logits.shape == (2, classes)
    assert logits.isfinite().all()
