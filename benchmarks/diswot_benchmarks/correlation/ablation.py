"""What each term of a score is worth: every term alone, every term left out, on the raw scores of a finished run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diswot.errors import InputError
from diswot.proxies import Aggregate, get_score
from diswot_benchmarks.correlation.tables import counts_of, load_run, number_or_none
from diswot_benchmarks.statistics.bootstrap import Estimate, Resamples
from diswot_benchmarks.statistics.intervals import Vector
from diswot_benchmarks.statistics.ranking import kendall


def ablation_table(folder: Path, score: str = "default") -> dict[str, Any]:
    """Kendall tau-b of a score's variants, and how much each differs from the whole score.

    Differences are paired: both scores are computed on the same resamples of architectures.

    Args:
        folder: of a finished correlation run that measured the score.
        score: an aggregate whose terms are added as they are.

    Returns:
        `{"score", "from", "rows": [{"column", "variant", "tau", "difference", "difference_low", "difference_high",
        "too_few"}]}`.

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
    resamples = Resamples.draw(raw.groups, counts, protocol["seed"])

    def tau(terms: Mapping[str, float], column: str) -> Estimate:
        total: Vector = np.sum([weight * raw.scores[name] for name, weight in terms.items()], axis=0)
        return resamples.estimate(kendall(total, raw.accuracies[column], resamples.weights))

    rows = []
    for column in protocol["columns"]:
        whole = tau(aggregate.terms, column)
        for variant, terms in _variants(aggregate.terms):
            found = tau(terms, column)
            change = found - whole
            figures = {
                "tau": found.value,
                "difference": change.value,
                "difference_low": change.interval.low,
                "difference_high": change.interval.high,
            }
            row = {name: number_or_none(value) for name, value in figures.items()}
            too_few = ["difference"] if change.interval.too_few else []
            rows.append({"column": column, "variant": variant, **row, "too_few": too_few})
    return {"score": score, "from": str(folder), "rows": rows}


def _variants(terms: Mapping[str, float]) -> Iterator[tuple[str, Mapping[str, float]]]:
    yield "whole", terms
    for name, weight in terms.items():
        yield f"{name} alone", {name: weight}
    for name in terms:
        yield f"without {name}", {other: weight for other, weight in terms.items() if other != name}
