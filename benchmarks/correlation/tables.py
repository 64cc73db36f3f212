"""The correlation table: every statistic of every proxy, computed from the files of a run and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.correlation.raw import RawTable, read_raw
from benchmarks.labels.units import DUPLICATES, Duplicates
from benchmarks.runs.protocol import BASELINES, PROTOCOL, RAW, TIMINGS, read_json
from benchmarks.statistics.bootstrap import FULL, LEVEL, STATISTICS, Counts, Weights, draw, estimate, resamples_for
from benchmarks.statistics.definitions import BUDGETS, NEAR, TOP, Sample, budgets
from diswot.errors import InputError

Row = dict[str, Any]
"""One proxy against one column, as JSON values."""


def load_run(folder: Path) -> tuple[dict[str, Any], RawTable, dict[str, Any]]:
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
    return protocol, read_raw(folder / RAW, protocol["columns"]), read_json(folder / TIMINGS)


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
    resamples = resamples_for(len(raw.archs))
    counts = counts_of(raw, protocol["duplicates"])
    weights = draw(raw.groups, counts, resamples, protocol["seed"])
    pairs = [(column, proxy) for column in protocol["columns"] for proxy in protocol["proxies"]]
    rows: list[Row] = []
    for column, proxy in pairs:
        row = _row(sample_of(raw, column, proxy, counts), counts, weights)
        seconds = timings["seconds_per_arch"][proxy]
        rows.append({"proxy": proxy, "column": column, **row, "seconds_per_arch": seconds})
        report("resampling", len(rows), len(pairs))
    return {
        "rows": rows,
        **protocol,
        "baselines": BASELINES,
        "failed": len(raw.failures),
        "failures": raw.failures,
        "statistics": {
            "interval": f"{LEVEL:g}% percentile bootstrap over architectures, those of one function drawn together",
            "resamples": resamples,
            "resamples_reduced_for_size": len(raw.archs) > FULL,
            "top": TOP,
            "near_equal_budget": NEAR,
            "budgets": {"params": BUDGETS, "macs": BUDGETS},
            "duplicates": DUPLICATES[protocol["duplicates"]],
            "signed": True,
        },
        "timings": timings,
        "out": str(folder),
    }


def counts_of(raw: RawTable, duplicates: str) -> Counts:
    """How often each row counts, `(n,)`: as often as it has members under the rule `weighted`, else once."""
    return raw.members if duplicates == Duplicates.WEIGHTED else np.ones_like(raw.members)


def sample_of(raw: RawTable, column: str, proxy: str, counts: Counts) -> Sample:
    """One proxy against one accuracy column."""
    params_limits, macs_limits = (budgets(np.repeat(cost, counts)) for cost in (raw.params, raw.macs))
    return Sample(raw.scores[proxy], raw.accuracies[column], raw.params, raw.macs, params_limits, macs_limits)


def _row(sample: Sample, counts: Counts, weights: Weights) -> Row:
    row: Row = {"n": int(counts.sum())}
    for name, statistic in STATISTICS.items():
        found = estimate(statistic, sample, counts, weights)
        row |= {name: _number(found.value), f"{name}_low": _number(found.low), f"{name}_high": _number(found.high)}
    return row


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
