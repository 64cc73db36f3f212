"""How often a predictor points at the teacher that a student gains more from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from scipy.stats import norm

from diswot.seeds import stream
from diswot_benchmarks.pairs.contrasts import Contrast, Published, contrasts, read_published
from diswot_benchmarks.pairs.predictors import Values, pairs_of, predict
from diswot_benchmarks.statistics.intervals import Interval, central

RESAMPLES = 1_000

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Guess:
    """What a predictor says of a contrast: 1 where it is right, 0 where it is wrong, 1/2 where it tells nothing.

    Attributes:
        group: student and study, whose contrasts are drawn together.
        right: as said.
    """

    group: tuple[str, str]
    right: float


def run_pairs(path: Path, seed: int, report: Report) -> dict[str, Any]:
    """Judge every predictor on the contrasts that it knows something of.

    Args:
        path: of the table of published results.
        seed: of the probe, the weights and the resamples.
        report: called as the work goes on.

    Returns:
        `{"rows": [{"predictor", "contrasts", "groups", "right", "low", "high", "ceiling"}], "contrasts", "deviation"}`:
        the share of contrasts of which a predictor names the better teacher, each student of a study counted once,
        with its 95% interval, and the ceiling on the same contrasts.

    Raises:
        UnreadableData: the table cannot be read.
    """
    rows = read_published(path)
    found = list(contrasts(rows))
    deviation = _deviation(rows)
    values = predict(pairs_of(found), seed, report)
    table = [_row("teacher accuracy", found, _by_accuracy, deviation, seed)]
    for name in values:
        table.append(_row(name, found, _by_value(values, name), deviation, seed))
    known = [row for row in table if row["contrasts"]]
    return {
        "rows": sorted(known, key=lambda row: -row["right"]),
        "contrasts": len(found),
        "deviation": deviation,
        "seed": seed,
    }


def share_right(guesses: Sequence[Guess], seed: int) -> tuple[float, Interval]:
    """Share of right guesses, mean over the groups, with its bootstrap interval over groups."""
    groups: dict[tuple[str, str], list[float]] = {}
    for guess in guesses:
        groups.setdefault(guess.group, []).append(guess.right)
    means = np.array([fmean(series) for series in groups.values()])
    draws = stream(seed, "pairs", "bootstrap").integers(len(means), size=(RESAMPLES, len(means)))
    return float(means.mean()), central(means[draws].mean(1), len(means))


def repeat(gain: float, deviation: float) -> float:
    """Probability that another training of both students has the same order: `Phi(|gain| / (sqrt 2 deviation))`."""
    return float(norm.cdf(abs(gain) / (math.sqrt(2) * deviation)))


def _row(
    name: str, found: Sequence[Contrast], difference: Callable[[Contrast], float | None], deviation: float, seed: int
) -> dict[str, Any]:
    known = [(one, gap) for one in found if (gap := difference(one)) is not None]
    if not known:
        return {"predictor": name, "contrasts": 0}
    guesses = [Guess((one.study, one.student), _right(one.gain, gap)) for one, gap in known]
    right, interval = share_right(guesses, seed)
    ceiling, _ = share_right([Guess((one.study, one.student), repeat(one.gain, deviation)) for one, _ in known], seed)
    return {
        "predictor": name,
        "contrasts": len(known),
        "groups": len({guess.group for guess in guesses}),
        "right": right,
        "low": None if interval.too_few else interval.low,
        "high": None if interval.too_few else interval.high,
        "ceiling": ceiling,
    }


def _right(gain: float, gap: float) -> float:
    return 0.5 if gap == 0 else float((gain > 0) == (gap > 0))


def _by_accuracy(one: Contrast) -> float | None:
    first, second = one.teacher_accuracies
    return None if first is None or second is None else first - second


def _by_value(values: Values, name: str) -> Callable[[Contrast], float | None]:
    def difference(one: Contrast) -> float | None:
        first, second = (values[name].get((one.student, teacher)) for teacher in one.teachers)
        return None if first is None or second is None else first - second

    return difference


def _deviation(rows: Sequence[Published]) -> float:
    """Of one training, in points: the median of those that were printed."""
    return median(row.deviation for row in rows if row.deviation)
