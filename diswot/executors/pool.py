"""Worker pools: workers by number that can be started, sent tasks, waited for and ended.

A pool knows how to reach workers and nothing of what to do about their faults: that is the scheduler's.
"""

from __future__ import annotations

import pickle
import time
import traceback
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from diswot.errors import DiswotError
from diswot.evaluation import EvalTask, Evaluation
from diswot.executors.base import EvaluatorLike


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has started and holds the evaluator."""


@dataclass(frozen=True, slots=True)
class Done:
    """A worker has finished the oldest task that it was sent.

    Attributes:
        result: the evaluation, or what the evaluator raised.
        seconds: wall time.
    """

    result: Evaluation | Exception
    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone, with everything that it was sent; `reason` completes the sentence "the worker ..."."""

    reason: str


Event: TypeAlias = Ready | Done | Lost


class WorkerPool(Protocol):
    """Workers by number.

    Attributes:
        count: number of workers.
        hint: what workers need to start.
    """

    count: int
    hint: str

    def start(self, worker: int) -> None:
        """Begin to start a worker; `wait` tells when it is ready, or lost."""

    def send(self, worker: int, task: EvalTask) -> None:
        """Send a task to a worker that is ready; it works on its tasks one after the other."""

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        """What has happened, as soon as anything has, or nothing after so many seconds."""

    def end(self, worker: int) -> None:
        """End a worker by force, whatever it is doing; nothing is heard of it any more."""


def evaluate(evaluator: EvaluatorLike, task: EvalTask) -> Done:
    """What a worker does with a task."""
    start = time.perf_counter()
    result: Evaluation | Exception
    try:
        result = evaluator(task)
    except Exception as error:  # the caller's, who gets it in its place
        result = _portable(error)
    return Done(result, time.perf_counter() - start)


def _portable(error: Exception) -> Exception:
    """The error with the worker's traceback as a note; in words where it cannot be pickled."""
    note = "in a worker:\n" + "".join(traceback.format_exception(error))
    error.add_note(note)
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  (what was written right here)
    except Exception:  # whatever its own methods raise
        error = DiswotError(f"{type(error).__name__}: {error}")
        error.add_note(note)
    return error


def failed(evaluator: EvaluatorLike, task: EvalTask, reason: str) -> Evaluation:
    """The record of an architecture that could not be evaluated."""
    arch = evaluator.space.canonical(task.arch)
    costs = evaluator.space.costs(arch, evaluator.num_classes, evaluator.probe.image_shape)
    return Evaluation(evaluator.space.encode(arch), costs, {}, 0.0, reason)


def expected_work(evaluator: EvaluatorLike, task: EvalTask) -> float:
    """Multiply-accumulates of a task for one image, in proportion to which it takes time."""
    costs = evaluator.space.costs(task.arch, evaluator.num_classes, evaluator.probe.image_shape)
    return float(costs.macs * len(task.inits))
