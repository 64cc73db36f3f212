"""How far a search has come: plain data, and the JSON that a stopped search goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from diswot.evaluation import Evaluation
from diswot_spaces import Costs

COSTS = tuple(cost.name for cost in fields(Costs))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come, as it is told after each evaluation.

    Attributes:
        phase: `"reference"` while the reference sample is measured, then `"exploring"`, whatever the algorithm, then
            `"finalists"` while these get their other initializations, then `"relaxation"` while architectures beyond
            the budget are measured.
        done: measured in this phase.
        total: to measure in this phase.
        best: string of the best candidate so far.
        best_score: its score, by one initialization until the finalists are measured.
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
        evaluations: of the candidates, in the order of evaluation.
        relaxed: of architectures just beyond the budget, never recommended; `None` before they were looked for.
        best: best score so far, and whose.
        stale: evaluations since there was a better one.
        rejected: proposals in a row whose latency was outside the budget.
        exhausted: whether no more architectures are proposed.
        probe: fingerprint of the images that the networks are observed on, once they are known.
        seconds: that the search has taken, from the reference sample on, over all its runs.
    """

    reference: list[Evaluation] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    relaxed: list[Evaluation] | None = None
    best: tuple[float, str] | None = None
    stale: int = 0
    rejected: int = 0
    exhausted: bool = False
    probe: str | None = None
    seconds: float = 0.0

    def add(self, evaluation: Evaluation, score: float | None) -> None:
        """Take in one more candidate, and its score if its network did not fail."""
        self.evaluations.append(evaluation)
        better = score is not None and (self.best is None or score > self.best[0])
        self.stale = 0 if better else self.stale + 1
        if better and score is not None:
            self.best = (score, evaluation.arch)

    def progress(self, phase: str, done: int, total: int) -> Progress:
        """What is told in a phase in which so many of so many are measured."""
        score, name = self.best or (None, None)
        return Progress(phase, done, total, name, score)

    def to_json(self) -> dict[str, Any]:
        """The state as JSON values."""
        return {
            "reference": _rows(self.reference),
            "evaluations": _rows(self.evaluations),
            "relaxed": None if self.relaxed is None else _rows(self.relaxed),
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
            reference=_evaluations(row["reference"]),
            evaluations=_evaluations(row["evaluations"]),
            relaxed=None if row["relaxed"] is None else _evaluations(row["relaxed"]),
            best=None if row["best"] is None else (row["best"][0], row["best"][1]),
            stale=row["stale"],
            rejected=row["rejected"],
            exhausted=row["exhausted"],
            probe=row["probe"],
            seconds=row["seconds"],
        )


def _rows(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    return [_row(evaluation) for evaluation in evaluations]


def _row(evaluation: Evaluation) -> dict[str, Any]:
    """What `asdict` gives, in the types of JSON and in half the time: a search is written again and again."""
    return {
        "arch": evaluation.arch,
        "costs": {name: getattr(evaluation.costs, name) for name in COSTS},
        "values": {name: list(series) for name, series in evaluation.values.items()},
        "seconds": evaluation.seconds,
        "error": evaluation.error,
    }


def _evaluations(rows: Sequence[dict[str, Any]]) -> list[Evaluation]:
    return [_evaluation(row) for row in rows]


def _evaluation(row: dict[str, Any]) -> Evaluation:
    values = {name: tuple(series) for name, series in row["values"].items()}
    return Evaluation(row["arch"], Costs(**row["costs"]), values, row["seconds"], row["error"])
