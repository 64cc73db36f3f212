"""The memory that a score or a search takes at least, known before any is taken; free of torch."""

from __future__ import annotations

from math import prod

from diswot.errors import InputError
from diswot.quantities import say_bytes, write_shape
from diswot.spec.score import ScoreSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import Costs, get_space
from diswot_spaces.costs import FLOAT32

BYTES = {"float32": 4, "bfloat16": 2}
"""Bytes of a number of each dtype that networks compute in."""


def check_students(spec: ScoreSpec, workers: int, limit: int) -> None:
    """Refuse images and batches on which not even the cheapest students fit into memory.

    Args:
        spec: what is asked for.
        workers: that evaluate side by side.
        limit: bytes that there are.

    Raises:
        InputError: says what it takes at least.
    """
    space, task = get_space(spec.space), (spec.teacher.num_classes, spec.teacher.in_shape)
    if not space.has_formulas:
        return
    least = space.bounds(*task).lower
    shape, plural = write_shape(spec.teacher.in_shape), "s" * (workers > 1)
    _check(
        f"evaluating students of {space.name} on {spec.probe.size} images of {shape} by {workers} worker{plural}",
        workers * _bytes(least, spec.probe.size, spec.probe.dtype),
        limit,
        "fewer workers, smaller images (input) or fewer of them (probe_size)",
    )
    if isinstance(spec, SearchSpec) and spec.times:
        batch = spec.constraints.latency.batch
        _check(
            f"measuring latency on {batch} images of {shape}",
            FLOAT32 * (least.params + batch * prod(spec.teacher.in_shape)) + batch * least.memory,
            limit,
            "smaller images (input) or fewer of them (latency_batch)",
        )


def check_teacher(teacher: TeacherSpec, costs: Costs, images: int, dtype: str, limit: int) -> None:
    """Refuse a teacher that does not fit into memory while it is observed.

    Args:
        teacher: to observe.
        costs: of it for one image.
        images: that are observed at once.
        dtype: of the numbers, as torch names it.
        limit: bytes that there are.

    Raises:
        InputError: says what it takes.
    """
    _check(
        f"observing the teacher {teacher.name} on {images} images of {write_shape(teacher.in_shape)}",
        _bytes(costs, images, dtype),
        limit,
        "a smaller teacher, smaller images (input) or fewer of them (probe_size)",
    )


def _bytes(costs: Costs, images: int, dtype: str) -> int:
    """Weights, and the activations of so many images at their peak."""
    return (FLOAT32 * costs.params + images * costs.memory) * BYTES.get(dtype, FLOAT32) // FLOAT32


def _check(what: str, needed: int, limit: int, instead: str) -> None:
    if needed > limit:
        raise InputError(
            f"{what} takes at least {say_bytes(needed)} of memory, and there are {say_bytes(limit)}: ask for {instead}"
        )
