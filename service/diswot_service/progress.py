"""How far a job has come: one document from the worker through the store to the client."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Progress(BaseModel):
    """How far a job has come.

    Attributes:
        done: evaluations made, those of the reference sample included; of a distillation, batches.
        total: evaluations to make, as far as known; of a distillation, trainings before it starts, and then batches.
        percent: `done` of `total`.
        phase: `preparing`, then that of docs/reference/result.md, or the training; `null` before it starts.
        rate_per_s: evaluations or batches a second since this attempt began.
        eta_s: seconds that the rest will take at that rate.
        best_score: of the candidates so far; of a training, its best validation accuracy.
    """

    model_config = ConfigDict(frozen=True)

    done: int
    total: int
    percent: float = 0.0
    phase: str | None = None
    rate_per_s: float | None = None
    eta_s: float | None = None
    best_score: float | None = None
