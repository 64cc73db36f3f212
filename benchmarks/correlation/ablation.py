"""What each term of a score is worth: every term alone, every term left out, on the raw scores of a finished run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.correlation.raw import RawTable
from benchmarks.correlation.tables import counts_of, load_run
from benchmarks.statistics.bootstrap import LEVEL, draw, kendall, resamples_for
from benchmarks.statistics.definitions import Vector
from benchmarks.statistics.definitions import kendall as exact_kendall
from diswot.errors import InputError
from diswot.proxies import Aggregate, get_score


def ablation_table(folder: Path, score: str = "default") -> dict[str, Any]:
    """Kendall tau-b of a score's variants, and how much each differs from the whole score.

    Differences are paired: both scores are computed on the same resamples of architectures.

    Args:
        folder: of a finished correlation run that measured the score.
        score: an aggregate whose terms are added as they are.

    Returns:
        `{"score", "from", "rows": [{"column", "variant", "tau", "difference", "difference_low", "difference_high"}]}`.

    Raises:
        InputError: no finished run, or a score that the run or this command does not allow.
    """
    aggregate = get_score(score)
    if not isinstance(aggregate, Aggregate) or aggregate.scale != "none":
        raise InputError(f"an ablation takes a score that adds its terms as they are, not {score!r}")
    protocol, raw, _ = load_run(folder)
    missing = [term for term in aggregate.terms if term not in raw.scores]
    if missing:
        raise InputError(
            f"the run in {str(folder)!r} did not measure {', '.join(missing)}: it did not ask for {score!r}"
        )
    counts = counts_of(raw, protocol["duplicates"])
    weights = draw(raw.groups, counts, resamples_for(len(raw.archs)), protocol["seed"])
    rows = []
    for column in protocol["columns"]:
        accuracy = raw.accuracies[column]
        whole = _total(raw, dict(aggregate.terms))
        resampled = kendall(whole, accuracy, weights)
        for variant, terms in _variants(dict(aggregate.terms)):
            total = _total(raw, terms)
            tau = exact_kendall(np.repeat(total, counts), np.repeat(accuracy, counts))
            change = kendall(total, accuracy, weights) - resampled
            change = change[np.isfinite(change)]  # A resample of one architecture ranks nothing.
            low, high = np.percentile(change, [50 - LEVEL / 2, 50 + LEVEL / 2]) if len(change) else (None, None)
            difference = tau - exact_kendall(np.repeat(whole, counts), np.repeat(accuracy, counts))
            found = {"tau": tau, "difference": difference, "difference_low": low, "difference_high": high}
            rows.append(
                {"column": column, "variant": variant, **{name: _number(value) for name, value in found.items()}}
            )
    return {"score": score, "from": str(folder), "rows": rows}


def _number(value: float | None) -> float | None:
    """A JSON number; `None` where a constant score ranks nothing."""
    return None if value is None or not math.isfinite(value) else float(value)


def _variants(terms: dict[str, float]) -> Iterator[tuple[str, dict[str, float]]]:
    yield "whole", terms
    for name, weight in terms.items():
        yield f"{name} alone", {name: weight}
    for name in terms:
        yield f"without {name}", {other: weight for other, weight in terms.items() if other != name}


def _total(raw: RawTable, terms: dict[str, float]) -> Vector:
    total: Vector = np.sum([weight * raw.scores[name] for name, weight in terms.items()], axis=0)
    return total
