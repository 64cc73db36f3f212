"""What a search space holds and whether it keeps its promises, found out on architectures drawn by seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np
import torch

from diswot.errors import DiswotError
from diswot.networks import build_random
from diswot.seeds import stream
from diswot_spaces import Architecture, Costs, SearchSpace, Shape
from diswot_spaces.base import counted_costs
from diswot_spaces.declared import DeclaredSpace

LISTED = 2_000
"""Architectures up to which a space is gone through rather than drawn from."""
SEEN = 1_000
"""Architectures that are drawn from a larger one."""


@dataclass(frozen=True)
class Survey:
    """What a space holds.

    Attributes:
        size: number of architectures; `None` where they are too many to count.
        seen: how many were looked at, each once.
        whole: whether these are all.
        distinct: networks among them, of those that do the same one.
        least: no architecture that was looked at costs less in any respect.
        most: no architecture that was looked at costs more in any respect.
        unreachable: decision and option of what no architecture takes.
    """

    size: int | None
    seen: int
    whole: bool
    distinct: int
    least: Costs
    most: Costs
    unreachable: tuple[tuple[str, str], ...]


def survey(space: SearchSpace, num_classes: int, in_shape: Shape, seed: int) -> Survey:
    """Look at all architectures of a small space, and at random ones of a larger one.

    Raises:
        InputError: the space cannot be had for the task, or samples nothing.
    """
    archs, whole = _looked_at(space, seed)
    costs = [astuple(space.costs(arch, num_classes, in_shape)) for arch in archs]
    least, most = (Costs(*map(end, zip(*costs, strict=True))) for end in (min, max))
    distinct = len(set(map(space.canonical, archs)))
    return Survey(space.size, len(archs), whole, distinct, least, most, _unreachable(space, archs, whole=whole))


def decision_names(space: SearchSpace) -> Sequence[str]:
    """What the decisions of a space are called: their places in a declared one, else their numbers."""
    if isinstance(space, DeclaredSpace):
        return space.family.decisions
    return [str(i) for i in range(len(space.options))]


def check_member(space: SearchSpace, arch: Architecture, num_classes: int, in_shape: Shape) -> None:
    """Build an architecture, run it, count it, mutate it, and write it down.

    Raises:
        DiswotError: it does not keep what a space promises; says what.
    """
    text = space.encode(arch)
    if space.decode(text) != arch:
        raise DiswotError(f"{text} is read as another architecture than the one that it writes")
    said, counted = space.costs(arch, num_classes, in_shape), counted_costs(space, arch, num_classes, in_shape)
    if said != counted:
        raise DiswotError(f"{text} costs {counted} as its network is counted, not {said}")
    network = build_random(partial(space.build, arch, num_classes, in_shape), 0)
    images = torch.rand(2, *in_shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = network(images)
    if logits.shape != (2, num_classes) or not bool(torch.isfinite(logits).all()):
        raise DiswotError(f"{text} gives {tuple(logits.shape)} for two images, or numbers that are not finite")
    child = space.mutate(arch, np.random.default_rng(0))
    if not space.is_valid(child):
        raise DiswotError(f"{text} mutates to {space.encode(child)}, which is not valid")


def draw(space: SearchSpace, count: int, seed: int) -> list[Architecture]:
    """Random architectures, the same for the same seed."""
    rng = stream(seed, "survey", space.name)
    return [space.sample(rng) for _ in range(count)]


def _looked_at(space: SearchSpace, seed: int) -> tuple[list[Architecture], bool]:
    if not space.has_formulas:
        return list(dict.fromkeys(draw(space, 20, seed))), False
    if space.size is not None and space.size <= LISTED:
        return list(space.enumerate()), True
    return list(dict.fromkeys(draw(space, SEEN, seed))), False


def _unreachable(space: SearchSpace, archs: Sequence[Architecture], *, whole: bool) -> tuple[tuple[str, str], ...]:
    """Options that no architecture takes: by exact counts where a space has them, else only where all were seen."""
    taken = {(i, choice) for arch in archs for i, choice in enumerate(arch.choices)}
    missing = [(i, j) for i, options in enumerate(space.options) for j in range(len(options)) if (i, j) not in taken]
    if isinstance(space, DeclaredSpace):
        missing = [(i, j) for i, j in missing if not space.is_reachable(i, j)]
    elif not whole:
        return ()
    names = decision_names(space)
    return tuple((names[i], str(space.options[i][j])) for i, j in missing)
