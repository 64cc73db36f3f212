"""The correlation table: every statistic of every proxy, computed from the files of a run and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diswot.errors import InputError
from diswot_benchmarks.correlation.score_table import ScoreTable, read_scores
from diswot_benchmarks.labels.units import DUPLICATES, Duplicates
from diswot_benchmarks.runs.folder import PROTOCOL, RAW, TIMINGS, read_json
from diswot_benchmarks.runs.protocol import BASELINES
from diswot_benchmarks.statistics.bootstrap import FULL, STATISTICS, Counts, Estimate, Resamples
from diswot_benchmarks.statistics.choice import BUDGETS, TOP, budgets
from diswot_benchmarks.statistics.intervals import FEWEST, LEVEL
from diswot_benchmarks.statistics.ranking import NEAR, Sample, kendall

Row = dict[str, Any]
"""One proxy against one column, as JSON values."""


def load_run(folder: Path) -> tuple[dict[str, Any], ScoreTable, dict[str, Any]]:
    """Protocol, raw scores and timings of a finished run.

    Raises:
        InputError: no such folder, or a run that is not finished.
        UnreadableData: a damaged file.
    """
    if not (folder / PROTOCOL).exists():
        raise InputError(f"{str(folder)!r} holds no correlation run: it has no {PROTOCOL}")
    for name in (RAW, TIMINGS):
        if not (folder / name).exists():
            raise InputError(
                f"the run in {str(folder)!r} is not finished: it has no {name}; the command that began it continues it"
            )
    protocol = read_json(folder / PROTOCOL)
    return protocol, read_scores(folder / RAW, protocol["columns"]), read_json(folder / TIMINGS)


def correlation_table(folder: Path, report: Callable[[str, int, int], None] = lambda *_: None) -> dict[str, Any]:
    """The table of a finished run with its protocol: the document that `--json` prints.

    Args:
        folder: of the run.
        report: called with what is being computed, how much is done, and how much there is.

    Raises:
        InputError: no finished run there.
        UnreadableData: a damaged file.
    """
    protocol, raw, timings = load_run(folder)
    counts = counts_of(raw, protocol["duplicates"])
    resamples = Resamples.draw(raw.groups, counts, protocol["seed"])
    rows: list[Row] = []
    for column in protocol["columns"]:
        params = resamples.estimate(kendall(raw.scores["params"], raw.accuracies[column], resamples.weights))
        for proxy in protocol["proxies"]:
            sample = sample_of(raw, column, proxy, counts)
            row = _row({name: one.estimate(sample, resamples) for name, one in STATISTICS.items()}, params)
            seconds = timings["seconds_per_arch"][proxy]
            rows.append({"proxy": proxy, "column": column, "n": int(counts.sum()), **row, "seconds_per_arch": seconds})
            report("resampling", len(rows), len(protocol["columns"]) * len(protocol["proxies"]))
    return {
        "rows": rows,
        **protocol,
        "baselines": BASELINES,
        "failed": len(raw.failures),
        "failures": raw.failures,
        "statistics": {
            "interval": f"{LEVEL:g}% percentile bootstrap over architectures, those of one function drawn together",
            "resamples": len(resamples.weights) - 1,
            "resamples_reduced_for_size": len(raw.archs) > FULL,
            "fewest": FEWEST,
            "top": TOP,
            "near_equal_budget": NEAR,
            "budgets": {"params": BUDGETS, "macs": BUDGETS},
            "duplicates": DUPLICATES[protocol["duplicates"]],
            "signed": True,
        },
        "timings": timings,
        "out": str(folder),
    }


def counts_of(raw: ScoreTable, duplicates: str) -> Counts:
    """How often each row counts, `(n,)`: as often as it has members under the rule `weighted`, else once."""
    return raw.members if duplicates == Duplicates.WEIGHTED else np.ones_like(raw.members)


def sample_of(raw: ScoreTable, column: str, proxy: str, counts: Counts) -> Sample:
    """One proxy against one accuracy column."""
    limits = (budgets(np.repeat(cost, counts)) for cost in (raw.params, raw.macs))
    return Sample(raw.scores[proxy], raw.accuracies[column], raw.params, raw.macs, *limits)


def _row(estimates: Mapping[str, Estimate], params: Estimate) -> Row:
    """The figures of one proxy; `params` is the tau-b of the number of parameters."""
    found = {name: one.interval for name, one in estimates.items()}
    row: Row = {
        "too_few": [name for name, interval in found.items() if interval.too_few],
        "undefined": {name: interval.undefined for name, interval in found.items() if interval.undefined},
    }
    for name, one in {**estimates, "tau_less_params": estimates["tau"] - params}.items():
        ends = {"": one.value, "_low": one.interval.low, "_high": one.interval.high}
        row |= {f"{name}{end}": number_or_none(value) for end, value in ends.items()}
    return row


def number_or_none(value: float) -> float | None:
    """A JSON number; `None` for what is no number."""
    return float(value) if math.isfinite(value) else None
