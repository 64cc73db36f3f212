"""What a crew is: workers in a row that can be started, sent chunks, waited for and ended.

A crew knows how to reach workers and nothing of what to do about their faults: that is the dispatcher's.
"""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from diswot.errors import DiswotError
from diswot.evaluation import EvalTask, Measurement
from diswot.executors.base import Measure


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has started and holds the measurer."""


@dataclass(frozen=True, slots=True)
class Done:
    """A worker has finished the oldest chunk that it was sent.

    Attributes:
        results: for each task its measurement, or what the measurer raised.
        seconds: wall time of each.
    """

    results: Sequence[Measurement | Exception]
    seconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone, with everything that it was sent; `reason` completes the sentence "the worker ..."."""

    reason: str


Event: TypeAlias = Ready | Done | Lost


class Crew(Protocol):
    """Workers by number.

    Attributes:
        count: number of workers.
        hint: what workers need to start.
    """

    count: int
    hint: str

    def start(self, worker: int) -> None:
        """Begin to start a worker; `wait` tells when it is ready, or lost."""

    def send(self, worker: int, tasks: Sequence[EvalTask]) -> None:
        """Send a chunk to a worker that is ready; it works on its chunks one after the other."""

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        """What has happened, as soon as anything has, or nothing after so many seconds."""

    def end(self, worker: int) -> None:
        """End a worker by force, whatever it is doing; nothing is heard of it any more."""


def measure_chunk(measurer: Measure, tasks: Sequence[EvalTask]) -> Done:
    """What a worker does with a chunk."""
    results: list[Measurement | Exception] = []
    seconds = []
    for task in tasks:
        start = time.perf_counter()
        try:
            results.append(measurer(task))
        except Exception as error:  # the caller's, who gets it in its place
            results.append(_portable(error))
        seconds.append(time.perf_counter() - start)
    return Done(results, seconds)


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


def failed(measurer: Measure, task: EvalTask, reason: str) -> Measurement:
    """The record of an architecture that could not be measured."""
    arch = measurer.space.canonical(task.arch)
    channels, height, width = measurer.probe.images.shape[1:]
    costs = measurer.space.costs(arch, measurer.num_classes, (channels, height, width))
    return Measurement(measurer.space.encode(arch), costs, {}, 0.0, reason)
