"""What a search takes at least in memory, by formula: the process that accepts requests builds no network."""

from __future__ import annotations

from math import prod

import psutil

from diswot.errors import InputError
from diswot.quantities import write_shape
from diswot.spec.search import SearchSpec
from diswot.teachers.spec import architecture_of
from diswot_spaces import Costs, get_space

FLOAT = 4
"""Bytes."""
NOTHING = Costs(0, 0, 0, 0)


def check_memory(spec: SearchSpec, available: int | None = None) -> None:
    """Refuse a search of which some batch certainly does not fit into the memory of this machine.

    What no formula tells, such as the activations of a teacher from timm, is left to the worker.

    Args:
        spec: the search.
        available: bytes; by default all that this machine has.

    Raises:
        InputError: says what takes how much.
    """
    available = psutil.virtual_memory().total if available is None else available
    shape, latency, student = spec.teacher.in_shape, spec.constraints.latency, _largest_student(spec)
    batches = [
        ("observing the teacher on", spec.probe.size, _teacher(spec)),
        ("observing a student on", spec.probe.size, student),
        ("measuring the latency of a student with", latency.batch if spec.times else 0, student),
    ]
    for what, images, costs in batches:
        needed = images * (costs.memory + FLOAT * prod(shape)) + FLOAT * costs.params
        if needed > available:
            raise InputError(
                f"{what} {images:,} images of {write_shape(shape)} takes at least {needed / 1e9:,.1f} GB of memory; "
                f"this machine has {available / 1e9:,.1f} GB"
            )


def _teacher(spec: SearchSpec) -> Costs:
    teacher = spec.teacher
    if not teacher.family.of_space:
        return NOTHING
    space, arch = architecture_of(teacher.name)
    return space.costs(arch, teacher.num_classes, teacher.in_shape) if space.has_formulas else NOTHING


def _largest_student(spec: SearchSpec) -> Costs:
    """Of the space; where constraints may keep the largest out, the smallest stands for all."""
    space, constraints = get_space(spec.space), spec.constraints
    if not space.has_formulas:
        return NOTHING
    bounds = space.bounds(spec.teacher.num_classes, spec.teacher.in_shape)
    limited = any(constraints.range(cost)[1] is not None for cost in ("params", "macs", "memory"))
    return bounds.lower if limited or bounds.upper is None else bounds.upper
