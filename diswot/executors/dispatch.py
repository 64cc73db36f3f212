"""Who measures what, and what to do when workers die or hang: the same for processes and Ray.

A worker that is lost takes its chunks with it. What it had not begun goes back to the others. Of the chunk that it had
begun, each architecture is tried alone, so that the one that ends workers is found; that one is tried again and then
recorded as failed. A worker's late answers are never read: each architecture gets one result.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from diswot.errors import ExecutorError
from diswot.evaluation import EvalTask, Measurement
from diswot.executors.base import RETRIES, Measure
from diswot.executors.crew import Crew, Done, Lost, Ready, failed
from diswot.executors.pace import Pace

START_SECONDS = 180.0
"""Time in which workers must have started. Generous: on a machine under load, importing torch alone takes a minute."""

IN_FLIGHT = 2
"""Chunks that a worker is sent at once: one to work on, and one to go on with."""

HOPELESS = 10
"""Architectures that may end all workers before a single one was measured."""


def start(crew: Crew, measurer: Measure, pace: Pace) -> Dispatcher:
    """A dispatcher with all workers started.

    Raises:
        ExecutorError: one of them cannot be started.
    """
    dispatcher = Dispatcher(crew, partial(failed, measurer), pace)
    dispatcher.start()
    return dispatcher


class Batch:
    """The tasks of one call of `map`, on their way."""

    def __init__(self, tasks: Sequence[EvalTask]) -> None:
        self.tasks = tasks
        self.waiting = deque(range(len(tasks)))
        self.results: dict[int, Measurement | Exception] = {}
        self.falls: Counter[int] = Counter()
        self.alone: set[int] = set()

    def take(self, size: int) -> list[int]:
        """The next places to measure, at most so many."""
        taken = [self.waiting.popleft()]
        while len(taken) < size and self.waiting and not {taken[0], self.waiting[0]} & self.alone:
            taken.append(self.waiting.popleft())
        return taken


@dataclass(frozen=True, slots=True)
class Chunk:
    """Places of a batch that went to a worker together."""

    batch: Batch
    places: list[int]

    def give_back(self) -> None:
        """Let others measure it, first of all."""
        self.batch.waiting.extendleft(reversed(self.places))


@dataclass(slots=True)
class Worker:
    """A worker: its chunks, since when it has worked on the first of them, and its failed starts in a row."""

    number: int
    ready: bool = False
    since: float = 0.0
    falls: int = 0
    chunks: deque[Chunk] = field(default_factory=deque)


class Dispatcher:
    """Maps over the workers of a crew.

    Args:
        crew: entered, none of its workers started.
        failed: makes the record of an architecture that could not be measured, from it and the reason.
        pace: how many to send at once, and how long to wait.
    """

    def __init__(self, crew: Crew, failed: Callable[[EvalTask, str], Measurement], pace: Pace) -> None:
        self._crew = crew
        self._failed = failed
        self.pace = pace
        self._workers = {number: Worker(number) for number in range(crew.count)}
        self._measured = self._given_up = 0

    def start(self) -> None:
        """Start all workers.

        Raises:
            ExecutorError: one of them cannot be started.
        """
        for number in self._workers:
            self._crew.start(number)
        end = time.monotonic() + START_SECONDS
        while (ready := self._ready()) < len(self._workers):
            if time.monotonic() >= end:
                raise ExecutorError(
                    f"only {ready} of {len(self._workers)} workers started within {START_SECONDS:g} seconds: "
                    "ask for fewer workers, or wait until there are free CPUs"
                )
            for number, event in self._crew.wait(max(0.0, end - time.monotonic())):
                if isinstance(event, Lost):
                    raise ExecutorError(f"a worker cannot be started: it {event.reason}; {self._crew.hint}")
                self._workers[number].ready = True

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Measurement]:
        """Measurements in the order of `tasks`.

        Raises:
            ExecutorError: no worker can be started any more.
        """
        batch = Batch(tasks)
        try:
            for place in range(len(tasks)):
                while place not in batch.results:
                    self._feed(batch)
                    self._collect()
                result = batch.results.pop(place)
                if isinstance(result, Exception):
                    raise result
                yield result
        finally:
            batch.waiting.clear()

    def _feed(self, batch: Batch) -> None:
        """Send chunks, to the least busy worker first; the last ones only to workers that are idle."""
        while batch.waiting and self._ready():
            worker = min((w for w in self._workers.values() if w.ready), key=lambda w: len(w.chunks))
            busy = len(worker.chunks)
            if busy >= IN_FLIGHT or (busy and len(batch.waiting) <= len(self._workers)):
                return
            chunk = Chunk(batch, batch.take(self.pace.chunk(len(batch.waiting), len(self._workers))))
            if not busy:
                worker.since = time.monotonic()
            worker.chunks.append(chunk)
            self._crew.send(worker.number, [batch.tasks[place] for place in chunk.places])

    def _collect(self) -> None:
        """Wait until something has happened, and see to it."""
        ends = {w.number: self._end_of(w) for w in self._workers.values() if w.chunks or not self._ready()}
        for number, event in self._crew.wait(max(0.0, min(ends.values()) - time.monotonic())):
            ends.pop(number, None)
            match event:
                case Ready():
                    self._workers[number].ready = True
                    self._workers[number].falls = 0
                case Done():
                    self._done(self._workers[number], event)
                case Lost():
                    self._lost(self._workers[number], event.reason)
        now = time.monotonic()
        for number in [number for number, end in ends.items() if end <= now]:
            self._overdue(self._workers[number])

    def _end_of(self, worker: Worker) -> float:
        """When this worker must have answered."""
        if not worker.ready:
            return worker.since + START_SECONDS
        return worker.since + self.pace.patience(len(worker.chunks[0].places))

    def _ready(self) -> int:
        return sum(worker.ready for worker in self._workers.values())

    def _done(self, worker: Worker, done: Done) -> None:
        chunk = worker.chunks.popleft()
        worker.since = time.monotonic()
        self.pace.add(done.seconds)
        self._measured += len(chunk.places)
        chunk.batch.results.update(zip(chunk.places, done.results, strict=True))

    def _overdue(self, worker: Worker) -> None:
        if not worker.ready:
            raise ExecutorError(f"all workers were lost, and no other one started within {START_SECONDS:g} seconds")
        seconds = self.pace.patience(len(worker.chunks[0].places))
        self._lost(worker, f"had not answered within its deadline of {seconds:g} seconds and was ended")

    def _lost(self, worker: Worker, reason: str) -> None:
        """Replace a worker, and see what becomes of its chunks."""
        self._crew.end(worker.number)
        chunks = list(worker.chunks)
        worker.chunks.clear()
        if not worker.ready:
            worker.falls += 1
        worker.ready, worker.since = False, time.monotonic()
        # Before anything that can end the batch: whoever maps again finds a crew that is whole.
        if worker.falls <= RETRIES:
            self._crew.start(worker.number)
        else:
            del self._workers[worker.number]
        for chunk in reversed(chunks[1:]):
            chunk.give_back()
        if chunks:
            self._fell(chunks[0], reason)
        if not self._workers:
            raise ExecutorError(f"workers cannot be started any more: the last one {reason}")

    def _fell(self, chunk: Chunk, reason: str) -> None:
        """A worker was lost over this chunk."""
        batch = chunk.batch
        batch.alone.update(chunk.places)
        if len(chunk.places) > 1:
            chunk.give_back()
            return
        place = chunk.places[0]
        batch.falls[place] += 1
        if batch.falls[place] <= RETRIES:
            chunk.give_back()
            return
        self._given_up += 1
        if not self._measured and self._given_up >= HOPELESS:
            raise ExecutorError(
                f"workers start but measure nothing: over each of {HOPELESS} architectures the worker {reason}"
            )
        reason = f"given up after {batch.falls[place]} tries: the worker {reason}"
        batch.results[place] = self._failed(batch.tasks[place], reason)
