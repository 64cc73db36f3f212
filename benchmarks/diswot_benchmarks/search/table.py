"""The table of a search benchmark: what was found after how many evaluations, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diswot.labels.table import fingerprint
from diswot.seeds import stream
from diswot_benchmarks.correlation.tables import number_or_none
from diswot_benchmarks.labels.ground_truth import Truth
from diswot_benchmarks.runs.scores import RawScores
from diswot_benchmarks.search.spec import Kind, SearchBenchmark, counts_of
from diswot_benchmarks.statistics.intervals import FEWEST, LEVEL, RESAMPLES, Interval, Vector, resample

Curves = dict[Kind, NDArray[np.float64]]
"""For each kind of search `(runs, counts)`: true accuracy of what is recommended after so many evaluations."""


def document(spec: SearchBenchmark, scores: RawScores, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The document of a benchmark with these rows."""
    labels = spec.scores.labels
    return {
        "rows": rows,
        **scores.protocol,
        "labels": labels.name,
        "labels_sha256": fingerprint(labels),
        "column": spec.scores.columns[0],
        "asked": spec.scores.proxies,
        "algorithms": spec.algorithms,
        "evaluations": spec.evaluations,
        "runs": spec.runs,
        "search_seeds": [spec.scores.seed, spec.scores.seed + spec.runs - 1],
        "interval": _interval_words(spec.runs),
        "out": str(scores.folder),
    }


def table(spec: SearchBenchmark, curves: Curves, truth: Truth) -> list[dict[str, Any]]:
    """A row for each kind of search and number of evaluations, and one for the end of exhaustive search."""
    rows = []
    for (algorithm, proxy, budget), found in curves.items():
        afforded = truth.within(budget)
        counts = counts_of(spec, (algorithm, proxy, budget), truth)
        for evaluations, accuracies in zip(counts, found.T, strict=True):
            mean, interval = mean_interval(accuracies, spec.scores.seed)
            rows.append(
                {
                    "algorithm": algorithm,
                    "proxy": proxy,
                    "budget": budget,
                    "evaluations": evaluations,
                    "accuracy_mean": number_or_none(mean),
                    "accuracy_low": number_or_none(interval.low),
                    "accuracy_high": number_or_none(interval.high),
                    "accuracies": list(map(number_or_none, accuracies.tolist())),
                    "runs_that_found_nothing": int(np.isnan(accuracies).sum()),
                    "best_in_budget": float(afforded.max()),
                    "mean_in_budget": float(afforded.mean()),
                    "architectures": len(afforded),
                }
            )
    return rows


def mean_interval(values: Vector, seed: int) -> tuple[float, Interval]:
    """Mean of one value a run, with its 95% bootstrap interval over the runs.

    Runs that found nothing, `nan`, are left out.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan, Interval(np.nan, np.nan)
    return float(values.mean()), resample(np.mean, stream(seed, "runs"), values)


def _interval_words(runs: int) -> str:
    """What the ends of an interval are, or why there is none."""
    if runs < FEWEST:
        return f"no intervals: the mean over {runs} search seeds, fewer than {FEWEST}, has none"
    return (
        f"{LEVEL:g}% percentile bootstrap of the mean over {runs} search seeds, {RESAMPLES:,} resamples; student, "
        "teacher and probe seeds are the same in every run"
    )
