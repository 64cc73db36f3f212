"""What a teacher costs, without a number of it being laid out; free of torch where there is a formula."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import TYPE_CHECKING

from diswot.spec.teacher import TeacherSpec
from diswot.teachers.family import imported
from diswot_spaces import Costs

if TYPE_CHECKING:
    from torch import nn


def costs_by_formula(spec: TeacherSpec) -> Costs | None:
    """Costs of a teacher for one image, if its family has a formula."""
    formula = spec.family.costs
    if formula is None:
        return None
    costs: Costs | None = imported(formula)(spec.argument, spec.num_classes, spec.in_shape)
    return costs


@lru_cache(maxsize=32)
def teacher_costs(spec: TeacherSpec) -> Costs | None:
    """Costs of a teacher for one image: by formula, or counted on the meta device.

    Returns:
        The costs, or `None` for a network that cannot be run without its numbers, or not on such images.
    """
    if (costs := costs_by_formula(spec)) is not None:
        return costs
    import torch

    from diswot_spaces.networks.counting import count_costs

    try:
        with torch.random.fork_rng(devices=[]):
            return count_costs(lambda _: _laid_out(spec), spec.in_shape)[0]
    except Exception:  # a network may fail at anything, and will say so where it is observed
        return None


def _laid_out(spec: TeacherSpec) -> nn.Module:
    """The network on the meta device, all of its parameters to be counted."""
    family = spec.family
    if family.module is not None:
        module = _without_numbers(family.module)
    else:
        module = family.build(spec.argument, spec.num_classes, spec.in_shape)
    for parameter in module.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    return module


def _without_numbers(module: nn.Module) -> nn.Module:
    """A copy whose tensors have shapes alone."""
    import torch
    from torch import nn

    meta: dict[int, object] = {
        id(tensor): nn.Parameter(torch.empty_like(tensor, device="meta"), tensor.is_floating_point())
        for tensor in module.parameters()
    }
    meta |= {id(tensor): torch.empty_like(tensor, device="meta") for tensor in module.buffers()}
    return copy.deepcopy(module, meta)
