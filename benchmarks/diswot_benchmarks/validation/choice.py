"""Choosing a formula by label tables, and leaving one of them out; arithmetic on arrays alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diswot_benchmarks.statistics.intervals import Vector


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of the architectures of one label table.

    Attributes:
        values: of each proxy `(n,)`.
        accuracies: of each column `(n,)`.
    """

    values: Mapping[str, Vector]
    accuracies: Mapping[str, Vector]


def taus(truth: Measured, formulas: Sequence[Mapping[str, float]]) -> Vector:
    """Kendall's tau-b of each formula, mean over the columns, `(F,)`; 0 for one that ranks all alike."""
    i, j = np.triu_indices(len(next(iter(truth.accuracies.values()))), 1)

    def gaps(values: Vector) -> Vector:
        return values[i] - values[j]

    columns = np.stack([np.sign(gaps(one)) for one in truth.accuracies.values()])
    untied = np.abs(columns).sum(1)
    terms = {name: gaps(truth.values[name]) for name in {name for one in formulas for name in one}}
    found = np.empty(len(formulas))
    for k, formula in enumerate(formulas):
        signs = np.sign(sum(weight * terms[name] for name, weight in formula.items()))
        found[k] = np.mean(columns @ signs / np.sqrt(untied * max(np.abs(signs).sum(), 1)))
    return found


def choose(advantages: NDArray[np.float64]) -> int:
    """Which formula to take: that whose mean advantage and worst one add up to most.

    Args:
        advantages: `(F, S)` by how much the tau of each formula exceeds that of the best count, in each space. A score
            that gains in the mean and never loses to what anybody can count is what is wanted.
    """
    return int(np.argmax(advantages.mean(1) + advantages.min(1)))


def leave_one_out(advantages: NDArray[np.float64]) -> list[int]:
    """For each space, the formula that all the others choose.

    Args:
        advantages: `(F, S)` as `choose` takes them, of at least two spaces.
    """
    return [choose(np.delete(advantages, space, axis=1)) for space in range(advantages.shape[1])]
