"""One architecture after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from diswot.evaluation import EvalTask, Evaluation
from diswot.executors.base import EvaluatorLike
from diswot.runtime.threads import one_thread


@dataclass(frozen=True, slots=True)
class SerialExecutor:
    """Measures in this process."""

    evaluator: EvaluatorLike

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        """Evaluations in the order of `tasks`."""
        return map(self.evaluator, tasks)


@contextmanager
def open_serial(evaluator: EvaluatorLike) -> Iterator[SerialExecutor]:
    """Measure on one thread inside the block; the caller's thread count is put back at the end."""
    with one_thread():
        yield SerialExecutor(evaluator)
