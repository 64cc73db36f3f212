"""Architectures of the search spaces as teachers, such as the largest of the students' own family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diswot.teachers.spec import architecture_of
from diswot_spaces import Shape

if TYPE_CHECKING:
    from torch import nn


def space_network(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """The network of `SPACE:ARCH`, in its canonical form."""
    space, arch = architecture_of(name)
    return space.build(arch, num_classes, in_shape)
