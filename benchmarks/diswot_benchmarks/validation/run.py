"""Measuring every label table once, and computing what is chosen with and without each of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diswot.spec.compute import ComputeSpec
from diswot_benchmarks.correlation.run import run_correlation
from diswot_benchmarks.correlation.score_table import ScoreTable
from diswot_benchmarks.correlation.tables import load_run
from diswot_benchmarks.runs.protocol import BASELINES
from diswot_benchmarks.statistics.bootstrap import Estimate, Resamples
from diswot_benchmarks.statistics.intervals import Vector
from diswot_benchmarks.statistics.ranking import kendall
from diswot_benchmarks.validation.choice import Measured, choose, leave_one_out, taus
from diswot_benchmarks.validation.formulas import Formula, formulas, written
from diswot_benchmarks.validation.spec import ValidationSpec
from diswot_benchmarks.validation.truths import TRUTHS

IN_SAMPLE, LEFT_OUT = "chosen on all", "left out"

Report = Callable[[str, int, int], None]


def run_validation(spec: ValidationSpec, folder: Path, compute: ComputeSpec, report: Report) -> dict[str, Any]:
    """Measure what is not measured yet, choose, and judge.

    Args:
        spec: what to do.
        folder: of the runs, one below it for each label table; a run that was stopped continues.
        compute: where to measure.
        report: called as the work goes on.

    Returns:
        `{"rows": [{"truth", "space", "column", "n", "scores": {name: {"tau", "low", "high"}}}], "chosen", "left_out",
        "formulas", "seconds", "out"}`: for each column of each table Kendall's tau-b of the score, of what all tables
        choose, of what all tables but this one choose, of the counts and of the anchors, with 95% intervals.

    Raises:
        InputError: a table, a space or a folder is not as it must be.
    """
    start = time.perf_counter()
    tables: dict[str, ScoreTable] = {}
    for name in spec.truths:
        run = run_correlation(spec.correlation(TRUTHS[name]), folder / name, compute, report, timed=1)
        tables[name] = load_run(run)[1]
    grid = list(formulas())
    advantages = np.empty((len(grid), len(tables)))
    for k, table in enumerate(tables.values()):
        report("choosing", k, len(tables))
        advantages[:, k] = _advantages(table, grid)
    everywhere = grid[choose(advantages)]
    without = dict(zip(tables, (grid[i] for i in leave_one_out(advantages)), strict=True))
    rows = [
        {"truth": TRUTHS[name].title, "space": TRUTHS[name].space, **row}
        for name, table in tables.items()
        for row in _rows(table, {IN_SAMPLE: everywhere, LEFT_OUT: without[name]}, spec)
    ]
    return {
        "rows": rows,
        "chosen": written(everywhere),
        "left_out": {TRUTHS[name].title: written(formula) for name, formula in without.items()},
        "formulas": len(grid),
        "seconds": time.perf_counter() - start,
        "out": str(folder),
    }


def _advantages(table: ScoreTable, grid: list[Formula]) -> Vector:
    """By how much each formula exceeds the best count of a table."""
    measured = Measured(table.scores, table.accuracies)
    best = float(taus(measured, [{name: 1.0} for name in BASELINES]).max())
    return np.subtract(taus(measured, grid), best)


def _rows(table: ScoreTable, chosen: Mapping[str, Formula], spec: ValidationSpec) -> list[dict[str, Any]]:
    """One row for each column of a table."""
    resamples = Resamples.draw(table.groups, np.ones_like(table.members), spec.seed)
    ranked = {
        "default": table.scores["default"],
        **{
            title: np.sum([weight * table.scores[name] for name, weight in formula.items()], axis=0)
            for title, formula in chosen.items()
        },
        **{name: table.scores[name] for name in (*BASELINES, *spec.anchors)},
    }
    return [
        {
            "column": column,
            "n": len(accuracy),
            "scores": {
                name: _figures(resamples.estimate(kendall(values, accuracy, resamples.weights)))
                for name, values in ranked.items()
            },
        }
        for column, accuracy in table.accuracies.items()
    ]


def _figures(estimate: Estimate) -> dict[str, float | None]:
    values = {"tau": estimate.value, "low": estimate.interval.low, "high": estimate.interval.high}
    return {name: float(value) if np.isfinite(value) else None for name, value in values.items()}
