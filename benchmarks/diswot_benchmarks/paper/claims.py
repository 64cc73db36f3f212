"""What a check of a claim gives: a verdict, read off an interval, with the figures behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from diswot_benchmarks.statistics.intervals import Interval

Verdict = Literal["holds", "does not hold", "cannot be told"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the paper, checked.

    Attributes:
        check: name of the check that it belongs to, as `--check` takes it.
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


def judge(low: float | None, high: float | None, at: float = 0.0) -> Verdict:
    """Whether a quantity exceeds `at`, by its interval; no interval tells nothing.

    Example:
        >>> judge(0.1, 0.3), judge(-0.2, 0.0), judge(-0.1, 0.3), judge(None, None)
        ('holds', 'does not hold', 'cannot be told', 'cannot be told')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "cannot be told"
    if low > at:
        return "holds"
    return "does not hold" if high <= at else "cannot be told"


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a claim of several parts: all must hold, and one that does not decides."""
    found = set(verdicts)
    if "does not hold" in found:
        return "does not hold"
    return "cannot be told" if "cannot be told" in found else "holds"


def ends(name: str, interval: Interval) -> dict[str, float]:
    """The ends of an interval as figures: `NAME_low` and `NAME_high`."""
    return {f"{name}_low": interval.low, f"{name}_high": interval.high}


def words(figures: dict[str, Any], name: str, form: str) -> str:
    """A figure with its interval in words.

    Example:
        >>> words({"tau": 0.5, "tau_low": 0.25, "tau_high": 0.75}, "tau", ".2f")
        '0.50 [0.25, 0.75]'
    """
    low, high = figures[f"{name}_low"], figures[f"{name}_high"]
    value = "undefined" if figures[name] is None else format(figures[name], form)
    if low is None or math.isnan(low):
        return f"{value} (no interval)"
    form = form.removeprefix("+")
    return f"{value} [{low:{form}}, {high:{form}}]"


def plain(value: Any) -> Any:
    """A figure, or figures within figures, as JSON values: what is no number is `None`."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
