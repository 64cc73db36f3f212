"""What a check of a claim gives: a verdict, read off an interval, with the figures behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from benchmarks.statistics.bootstrap import LEVEL
from benchmarks.statistics.definitions import Vector

Verdict = Literal["holds", "does not hold", "cannot be told"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the paper, checked.

    Attributes:
        check: name of the check that it belongs to, as `--claim` takes it.
        claim: one sentence.
        verdict: what the figures say.
        because: one sentence with the interval that decides.
        figures: JSON values.
    """

    check: str
    claim: str
    verdict: Verdict
    because: str
    figures: dict[str, Any]


def judge(low: float, high: float, at: float = 0.0) -> Verdict:
    """Whether a quantity exceeds `at`, by its interval; an interval that is not a number tells nothing.

    Example:
        >>> judge(0.1, 0.3), judge(-0.2, 0.0), judge(-0.1, 0.3)
        ('holds', 'does not hold', 'cannot be told')
    """
    if low > at:
        return "holds"
    return "does not hold" if high <= at else "cannot be told"


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a claim of several parts: all must hold, and one that does not decides."""
    found = set(verdicts)
    if "does not hold" in found:
        return "does not hold"
    return "cannot be told" if "cannot be told" in found else "holds"


def plain(value: Any) -> Any:
    """A figure, or figures within figures, as JSON values: what is no number is `None`."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def interval(values: Vector) -> tuple[float, float]:
    """The central 95% of the finite ones among resampled values; `nan` if there are none."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.nan, np.nan
    low, high = np.percentile(finite, [50 - LEVEL / 2, 50 + LEVEL / 2])
    return float(low), float(high)
