"""Random architectures that are not known yet: what every algorithm begins with, and ends with."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from diswot.search.feasible import Feasible
from diswot_spaces import Architecture

if TYPE_CHECKING:
    import numpy as np

TRIES = 100
"""Random architectures in a row that may be known before those that are left are looked for one by one."""


def sample_unseen(feasible: Feasible, known: Collection[Architecture], rng: np.random.Generator) -> Architecture | None:
    """A random architecture within the budget that is not `known`; `None` if there is none left."""
    for _ in range(TRIES):
        arch = feasible.sample(rng)
        if arch not in known:
            return arch
    listed = feasible.listed
    left = feasible.neighbours(known) if listed is None else [arch for arch in listed if arch not in known]
    return left[int(rng.integers(len(left)))] if left else None
