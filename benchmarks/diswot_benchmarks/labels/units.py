"""The rows of an evaluation: what counts as one architecture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from diswot.errors import InputError
from diswot.labels.table import Label
from diswot.seeds import stream
from diswot_spaces import Architecture, SearchSpace


class Duplicates(StrEnum):
    """What happens to architectures that are the same function."""

    ONCE = "once"
    WEIGHTED = "weighted"
    EACH = "each"
    PUBLISHED = "published"


DUPLICATES: dict[Duplicates, str] = {
    Duplicates.ONCE: "each function counts once; its accuracy is the mean over the lines of the table that compute it",
    Duplicates.WEIGHTED: (
        "each function counts as often as lines of the table compute it, with the mean of their accuracies"
    ),
    Duplicates.EACH: "each line of the table counts with its own accuracy; lines of one function share one score",
    Duplicates.PUBLISHED: (
        "each class of the benchmark's authors counts once, although some hold several functions; its accuracy is the "
        "mean over its lines in the table, its score that of the cheapest"
    ),
}
"""The rules in words: what a table says about itself."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of the evaluation: a function, a published class, or one line of the table.

    Attributes:
        name: string of the architecture.
        canonical: the architecture that is measured for it.
        members: how many lines of the table it stands for.
        accuracies: percent, one for each column asked for.
    """

    name: str
    canonical: Architecture
    members: int
    accuracies: tuple[float, ...]


def units_of(labels: Sequence[Label], space: SearchSpace, duplicates: Duplicates) -> list[Unit]:
    """The rows of the evaluation under a rule for duplicates, in the order of their names."""
    if duplicates is Duplicates.EACH:
        lines = ((space.encode(one.arch), one) for one in labels)
        return [
            Unit(name, space.canonical(one.arch), 1, one.accuracies)
            for name, one in sorted(lines, key=lambda line: line[0])
        ]
    published = duplicates is Duplicates.PUBLISHED
    classes: dict[Architecture | str, list[Label]] = {}
    for one in labels:
        classes.setdefault(space.published_class(one.arch) if published else space.canonical(one.arch), []).append(one)
    return sorted((_unit(members, space, published) for members in classes.values()), key=lambda unit: unit.name)


def draw_units(units: Sequence[Unit], size: int | None, seed: int) -> list[Unit]:
    """`size` of the units, drawn by seed without replacement, in their order; all of them for `None`.

    Raises:
        InputError: more than there are, or too few to rank.
    """
    if len(units) < 2:
        raise InputError("a table of one architecture ranks nothing; it needs at least 2 different ones")
    if size is None:
        return list(units)
    if not 2 <= size <= len(units):
        raise InputError(f"sample must be from 2 to the {len(units)} architectures of the table, not {size}")
    chosen = stream(seed, "correlation", "sample").permutation(len(units))[:size]
    return [units[i] for i in sorted(chosen.tolist())]


def _unit(members: Sequence[Label], space: SearchSpace, published: bool) -> Unit:
    """The row of a class: it is scored by the canonical form of its cheapest member."""

    def cost(arch: Architecture) -> tuple[int, int, Architecture]:
        costs = space.costs(arch, num_classes=1)
        return costs.macs, costs.params, arch

    cheapest = min((one.arch for one in members), key=cost)
    canonical = space.canonical(cheapest)
    means = (math.fsum(column) / len(members) for column in zip(*(one.accuracies for one in members), strict=True))
    return Unit(space.encode(cheapest if published else canonical), canonical, len(members), tuple(means))
