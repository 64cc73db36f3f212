"""Teachers for small images, counted by hand and against published figures."""

import pytest
import torch
from torch import nn

from diswot.spec.teacher import TeacherSpec
from diswot.teachers.cifar import cifar_resnet, wide_resnet
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


@pytest.mark.parametrize("name", ["resnet20", "resnet56", "wrn-40-2", f"nasbench201:{CELL}"])
@pytest.mark.parametrize(("classes", "shape"), [(1, (1, 28, 28)), (7, (4, 33, 20)), (1000, (3, 24, 24))])
def test_any_class_count_and_input(name: str, classes: int, shape: tuple[int, int, int]) -> None:
    module = build_teacher(TeacherSpec(name, classes, shape), seed=0)
    assert not module.training
    with torch.inference_mode():
        logits = module(torch.zeros(2, *shape))
    assert logits.shape == (2, classes)
    assert logits.isfinite().all()
