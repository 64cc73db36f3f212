"""What every architecture of a space really reaches: looked up after a search has ended, never during it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diswot.errors import InputError
from diswot.labels.table import read_labels
from diswot_benchmarks.labels.units import Duplicates, units_of
from diswot_benchmarks.runs.protocol import CorrelationSpec
from diswot_benchmarks.statistics.intervals import Vector
from diswot_spaces import get_space

LABELLED = 100_000
"""No larger space is expected to have a label for every architecture."""


@dataclass(frozen=True)
class Truth:
    """The labels of a whole space.

    Attributes:
        accuracy: percent, by the string of the canonical architecture; the mean over the labels of its function.
        params: of each, in the same order.
        fractions: whether the table holds fractions of 1.
    """

    accuracy: dict[str, float]
    params: Vector
    fractions: bool = False

    def within(self, budget: int | None) -> Vector:
        """Accuracies of the architectures of at most so many parameters."""
        found: Vector = np.array(list(self.accuracy.values()))
        return found if budget is None else found[self.params <= budget]


def read_truth(spec: CorrelationSpec, column: str) -> Truth:
    """The labels of a whole space, each function once.

    Args:
        spec: names the space, the label table and the task.
        column: of the table.

    Raises:
        InputError: a space too large to be listed, or one of whose architectures has no label.
        UnreadableData: no such file, or not a label table.
    """
    space, teacher = get_space(spec.space), spec.teacher
    why = "a search may find any architecture, so that every one needs a label"
    if space.combinations > LABELLED:
        raise InputError(f"{why}: {space.name} has {space.combinations:.3g}")
    table = read_labels(spec.labels, space, (column,))
    units = units_of(table.labels, space, Duplicates.ONCE)
    accuracy = {unit.name: unit.accuracies[0] for unit in units}
    archs = {space.encode(arch): arch for arch in dict.fromkeys(map(space.canonical, space.enumerate()))}
    missing = [name for name in archs if name not in accuracy]
    if missing:
        raise InputError(f"{why}: {spec.labels.name} has none for {len(missing):,}, the first is {missing[0]}")
    params = [space.costs(arch, teacher.num_classes, teacher.in_shape).params for arch in archs.values()]
    found = {name: accuracy[name] for name in archs}
    return Truth(found, np.array(params, dtype=float), fractions=bool(table.fractions))
