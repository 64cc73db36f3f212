"""A member of a population of two objectives; free of pymoo."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diswot_spaces import Architecture


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the population.

    Attributes:
        arch: canonical.
        score: to be maximised.
        cost: to be minimised.
        rank: of its front, 0 for the Pareto front of the population.
        crowding: crowding distance within its front; infinite at the front's ends.
    """

    arch: Architecture
    score: float
    cost: float
    rank: int = 0
    crowding: float = math.inf
