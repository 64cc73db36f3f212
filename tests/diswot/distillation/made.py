"""Small jobs on real digits: 8 x 8 pixels, a few hundred images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from diswot.spec.distillation import DistillSpec
from diswot.spec.images import DataSpec
from diswot.spec.recipe import RecipeSpec
from diswot.spec.teacher import TeacherSpec

DIGITS = (1, 8, 8)
TEACHER, STUDENT, ENDLESS = (f"{__name__}:{name}" for name in ("wide", "narrow", "endless"))


def network(widths: tuple[int, int, int], num_classes: int, channels: int) -> nn.Module:
    """Three blocks at 8, 4 and 2 pixels a side."""
    blocks = []
    for i, (before, after) in enumerate(zip((channels, *widths), widths, strict=False)):
        conv = nn.Conv2d(before, after, 3, 2 if i else 1, 1, bias=False)
        blocks.append(nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU()))
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], num_classes))


def wide(num_classes: int, in_shape: tuple[int, int, int]) -> nn.Module:
    """A teacher."""
    return network((12, 16, 24), num_classes, in_shape[0])


def narrow(num_classes: int, in_shape: tuple[int, int, int]) -> nn.Module:
    """A student, with other widths than its teacher."""
    return network((8, 12, 16), num_classes, in_shape[0])


def small(**changes: Any) -> DistillSpec:
    """A job of two epochs on 300 digits, with changes of its recipe and of the rest."""
    fields = RecipeSpec.__dataclass_fields__
    recipe = {name: changes.pop(name) for name in list(changes) if name in fields}
    spec = DistillSpec(
        TeacherSpec(TEACHER, 10, DIGITS),
        STUDENT,
        DataSpec(train_images=300),
        recipe=RecipeSpec(**{"epochs": 2, "batch_size": 32, **recipe}),
        train_teacher=True,
    )
    return replace(spec, **changes)


def weights_of(folder: Path, training: str) -> dict[str, torch.Tensor]:
    """The weights that a training ended with."""
    from safetensors.torch import load_file

    return load_file(folder / "trainings" / training / "last.safetensors")


def endless(num_classes: int, in_shape: tuple[int, int, int]) -> nn.Module:
    """A student whose logits are infinite."""
    module = narrow(num_classes, in_shape)
    torch.nn.init.constant_(module[-1].bias, torch.inf)  # type: ignore[index]
    return module
