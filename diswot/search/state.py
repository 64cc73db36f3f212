"""How far a search has come: plain data, and the JSON that a stopped search goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from diswot.evaluation import Measurement
from diswot_spaces import Costs

COSTS = tuple(cost.name for cost in fields(Costs))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come, as it is told after each measurement.

    Attributes:
        phase: `"reference"` while the reference sample is measured, then `"evolving"`, whatever the algorithm, then
            `"finalists"` while these get their other initialisations, then `"beyond"` while architectures beyond the
            budget are measured.
        done: measured in this phase.
        total: to measure in this phase.
        best: string of the best candidate so far.
        best_score: its score, by one initialisation until the finalists are measured.
    """

    phase: str
    done: int
    total: int
    best: str | None = None
    best_score: float | None = None


@dataclass(slots=True)
class SearchState:
    """Everything that a search has found so far, beside the states of its algorithm and of its latency meter.

    Attributes:
        reference: of the reference sample, in its order.
        measurements: of the candidates, in the order of evaluation.
        beyond: of architectures just beyond the budget, never recommended; `None` before they were looked for.
        best: best score so far, and whose.
        stale: evaluations since there was a better one.
        rejected: proposals in a row whose latency was outside the budget.
        exhausted: whether no more architectures are proposed.
        probe: fingerprint of the images that the networks are observed on, once they are known.
        seconds: that the search has taken, from the reference sample on, over all its runs.
    """

    reference: list[Measurement] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    beyond: list[Measurement] | None = None
    best: tuple[float, str] | None = None
    stale: int = 0
    rejected: int = 0
    exhausted: bool = False
    probe: str | None = None
    seconds: float = 0.0

    def add(self, measurement: Measurement, score: float | None) -> None:
        """Take in one more candidate, and its score if its network did not fail."""
        self.measurements.append(measurement)
        better = score is not None and (self.best is None or score > self.best[0])
        self.stale = 0 if better else self.stale + 1
        if better and score is not None:
            self.best = (score, measurement.arch)

    def progress(self, phase: str, done: int, total: int) -> Progress:
        """What is told in a phase in which so many of so many are measured."""
        score, name = self.best or (None, None)
        return Progress(phase, done, total, name, score)

    def to_json(self) -> dict[str, Any]:
        """The state as JSON values."""
        return {
            "reference": _rows(self.reference),
            "measurements": _rows(self.measurements),
            "beyond": None if self.beyond is None else _rows(self.beyond),
            "best": self.best and list(self.best),
            "stale": self.stale,
            "rejected": self.rejected,
            "exhausted": self.exhausted,
            "probe": self.probe,
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> SearchState:
        """The state that `to_json` was taken of."""
        return cls(
            reference=_measurements(row["reference"]),
            measurements=_measurements(row["measurements"]),
            beyond=None if row["beyond"] is None else _measurements(row["beyond"]),
            best=None if row["best"] is None else (row["best"][0], row["best"][1]),
            stale=row["stale"],
            rejected=row["rejected"],
            exhausted=row["exhausted"],
            probe=row["probe"],
            seconds=row["seconds"],
        )


def _rows(measurements: Sequence[Measurement]) -> list[dict[str, Any]]:
    return [_row(measurement) for measurement in measurements]


def _row(measurement: Measurement) -> dict[str, Any]:
    """What `asdict` gives, in the types of JSON and in half the time: a search is written again and again."""
    return {
        "arch": measurement.arch,
        "costs": {name: getattr(measurement.costs, name) for name in COSTS},
        "values": {name: list(series) for name, series in measurement.values.items()},
        "seconds": measurement.seconds,
        "error": measurement.error,
    }


def _measurements(rows: Sequence[dict[str, Any]]) -> list[Measurement]:
    return [_measurement(row) for row in rows]


def _measurement(row: dict[str, Any]) -> Measurement:
    values = {name: tuple(series) for name, series in row["values"].items()}
    return Measurement(row["arch"], Costs(**row["costs"]), values, row["seconds"], row["error"])
