"""Raw scores: every value of every proxy, seed and architecture, beside what the architecture costs and really reaches.

`raw.csv` has a line for each architecture, proxy and seed; an architecture whose network failed has one line with its
error and no value. Every table is computed from this file, so that anybody can compute it again.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diswot.errors import UnreadableData
from diswot.evaluation import Evaluation
from diswot.scoring import Scorer
from diswot.storage.atomic import atomic_write
from diswot_benchmarks.labels.units import Unit
from diswot_benchmarks.statistics.intervals import Vector
from diswot_spaces import Architecture

HEADER = ("arch", "class", "members", "proxy", "seed", "value", "params", "macs", "depth", "seconds", "error")
"""Columns before those of the labels. `class` is the canonical architecture, which is the one that was measured;
`members` the lines of the label table that the row stands for; `seconds` the wall time of what was measured in this run
of all proxies and seeds."""


@dataclass(frozen=True)
class ScoreTable:
    """Raw scores, by architecture.

    Attributes:
        archs: n names of the rows that have scores.
        groups: `(n,)` number of each row's function.
        members: `(n,)` lines of the label table that each row stands for.
        params: `(n,)`.
        macs: `(n,)`.
        accuracies: for each label column `(n,)` percent.
        scores: for each proxy `(n,)`, the mean over the seeds.
        failures: for each row without scores, why.
    """

    archs: tuple[str, ...]
    groups: NDArray[np.int64]
    members: NDArray[np.int64]
    params: Vector
    macs: Vector
    accuracies: dict[str, Vector]
    scores: dict[str, Vector]
    failures: dict[str, str]


def write_scores(
    path: Path,
    columns: Sequence[str],
    units: Sequence[Unit],
    evaluations: Mapping[Architecture, Evaluation],
    scorers: Sequence[Scorer],
) -> None:
    """Write the raw scores of the units, whole or not at all.

    Args:
        path: of the CSV file.
        columns: names of the units' accuracies.
        units: rows of the evaluation.
        evaluations: of their canonical architectures.
        scorers: of every proxy to write.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*HEADER, *columns])
    for unit in units:
        evaluation = evaluations[unit.canonical]
        costs = (evaluation.costs.params, evaluation.costs.macs, evaluation.costs.depth)
        for proxy, seed, value, error in _values(evaluation, scorers):
            head = (unit.name, evaluation.arch, unit.members, proxy, seed, value)
            writer.writerow([*head, *costs, evaluation.seconds, error, *unit.accuracies])
    atomic_write(path, text.getvalue())


def read_scores(path: Path, columns: Sequence[str]) -> ScoreTable:
    """The raw scores of a file that `write_scores` wrote.

    Raises:
        UnreadableData: missing, damaged or of other columns.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file, strict=True)
            if next(reader, []) != [*HEADER, *columns]:
                raise UnreadableData(f"{str(path)!r} does not have the columns of raw scores")
            return _table(reader, columns)
    except (OSError, ValueError, IndexError, csv.Error) as error:
        if isinstance(error, UnreadableData):
            raise
        raise UnreadableData(f"raw scores {str(path)!r} cannot be read: {error}") from error


def _values(evaluation: Evaluation, scorers: Sequence[Scorer]) -> Iterator[tuple[str, int | str, float | str, str]]:
    """Proxy, seed, value and error of each line of one architecture."""
    if evaluation.error is not None:
        yield "", "", "", evaluation.error
        return
    for scorer in scorers:
        seeds = len(next(iter(evaluation.values.values())))
        for seed in range(seeds):
            one = replace(evaluation, values={name: (series[seed],) for name, series in evaluation.values.items()})
            yield scorer.name, seed, scorer(one).value, ""


def _table(lines: Iterator[list[str]], columns: Sequence[str]) -> ScoreTable:
    rows: dict[str, list[str]] = {}
    values: dict[str, dict[str, list[float]]] = {}
    failures: dict[str, str] = {}
    for line in lines:
        arch, proxy, error = line[0], line[3], line[10]
        if error:
            failures[arch] = error
            continue
        rows[arch] = line
        values.setdefault(proxy, {}).setdefault(arch, []).append(_finite(line[5]))
    classes = {name: i for i, name in enumerate(sorted({line[1] for line in rows.values()}))}
    return ScoreTable(
        tuple(rows),
        np.array([classes[line[1]] for line in rows.values()], dtype=np.int64),
        np.array([int(line[2]) for line in rows.values()], dtype=np.int64),
        np.array([_finite(line[6]) for line in rows.values()]),
        np.array([_finite(line[7]) for line in rows.values()]),
        {name: np.array([_finite(line[len(HEADER) + i]) for line in rows.values()]) for i, name in enumerate(columns)},
        {proxy: np.array([np.mean(found[arch]) for arch in rows]) for proxy, found in values.items()},
        failures,
    )


def _finite(cell: str) -> float:
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError(f"{cell} is not a finite number")
    return value
