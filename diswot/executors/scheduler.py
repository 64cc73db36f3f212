"""The scheduler: which worker evaluates what, and what follows when workers die or hang; the same for every pool.

A worker that is lost takes its tasks with it. The one that it had begun is tried again and, after some tries, recorded
as failed; those that it had not begun go back to the others. What a lost worker answers late is never read: each task
gets one result.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from diswot.errors import ExecutorError
from diswot.evaluation import EvalTask, Evaluation
from diswot.executors.base import RETRIES, EvaluatorLike
from diswot.executors.pool import Done, Lost, Ready, WorkerPool, expected_work, failed

START_SECONDS = 180.0
"""Time in which workers must have started. Generous: on a machine under load, importing torch alone takes a minute."""

IN_FLIGHT = 2
"""Tasks that a worker is sent at once: one to work on, and one to go on with. Tasks and results must fit into a pipe's
buffer: a driver that waits to send while its worker waits to answer would wait for ever."""

SLACK = 10.0
"""Times the slowest evaluation so far that one may take, where that is more than the deadline."""

HOPELESS = 10
"""Architectures that may end all workers before a single one was evaluated."""


def start(pool: WorkerPool, evaluator: EvaluatorLike, deadline: float) -> Scheduler:
    """A scheduler with all workers started.

    Raises:
        ExecutorError: one of them cannot be started.
    """
    scheduler = Scheduler(pool, partial(failed, evaluator), partial(expected_work, evaluator), deadline)
    scheduler.start()
    return scheduler


class Call:
    """One call of `map`: its tasks, by their places, on their way.

    Args:
        tasks: in the order asked.
        order: of their places, in which to send them.
    """

    def __init__(self, tasks: Sequence[EvalTask], order: Sequence[int]) -> None:
        self.tasks = tasks
        self.waiting = deque(order)
        self.results: dict[int, Evaluation | Exception] = {}
        self.failures: Counter[int] = Counter()


@dataclass(slots=True)
class Worker:
    """A worker: its tasks, since when it has worked on the first of them, and its failed starts in a row."""

    number: int
    ready: bool = False
    since: float = 0.0
    failed_starts: int = 0
    sent: deque[tuple[Call, int]] = field(default_factory=deque)


class Scheduler:
    """Maps over the workers of a pool.

    Args:
        pool: entered, none of its workers started.
        failed: makes the record of a task that could not be evaluated, from it and the reason.
        work: says how much there is to do for a task, in any unit.
        deadline: seconds that an evaluation may always take.
        clock: seconds.
    """

    def __init__(
        self,
        pool: WorkerPool,
        failed: Callable[[EvalTask, str], Evaluation],
        work: Callable[[EvalTask], float],
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deadline = deadline
        self._pool, self._failed, self._work, self._clock = pool, failed, work, clock
        self._workers = {number: Worker(number) for number in range(pool.count)}
        self._slowest = 0.0
        self._evaluated = self._given_up = 0

    def start(self) -> None:
        """Start all workers.

        Raises:
            ExecutorError: one of them cannot be started.
        """
        for number in self._workers:
            self._pool.start(number)
        end = self._clock() + START_SECONDS
        while (ready := self._ready()) < len(self._workers):
            if self._clock() >= end:
                raise ExecutorError(
                    f"only {ready} of {len(self._workers)} workers started within {START_SECONDS:g} seconds: "
                    "ask for fewer workers, or wait until there are free CPUs"
                )
            for number, event in self._pool.wait(max(0.0, end - self._clock())):
                if isinstance(event, Lost):
                    raise ExecutorError(f"a worker cannot be started: it {event.reason}; {self._pool.hint}")
                self._workers[number].ready = True

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        """Evaluations in the order of `tasks`.

        Raises:
            ExecutorError: no worker can be started any more.
        """
        call = Call(tasks, self._order(tasks))
        try:
            for place in range(len(tasks)):
                while place not in call.results:
                    self._feed(call)
                    self._collect()
                result = call.results.pop(place)
                if isinstance(result, Exception):
                    raise result
                yield result
        finally:
            call.waiting.clear()

    def _order(self, tasks: Sequence[EvalTask]) -> list[int]:
        """Places in the order in which to send: of the last two tasks a worker, and of those before, most work first.

        So the workers end at nearly the same time, and none holds up what is asked for next. Results are told in the
        order asked, so the order of sending departs from that by no more than two tasks a worker.

        Source: Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17(2), 1969.
        """
        window, count = IN_FLIGHT * len(self._workers), len(tasks)
        most_work_first = sorted(range(count), key=lambda place: -self._work(tasks[place]))
        return sorted(most_work_first, key=lambda place: (place - count) // window)

    def _feed(self, call: Call) -> None:
        """Send tasks, to the least busy workers first; the last ones only to workers that are idle."""
        for load in range(IN_FLIGHT):
            for worker in [w for w in self._workers.values() if w.ready and len(w.sent) == load]:
                if not call.waiting or (load and len(call.waiting) <= len(self._workers)):
                    return
                place = call.waiting.popleft()
                if not load:
                    worker.since = self._clock()
                worker.sent.append((call, place))
                self._pool.send(worker.number, call.tasks[place])

    def _collect(self) -> None:
        """Wait until something has happened, and see to it."""
        ends = {w.number: self._end_of(w) for w in self._workers.values() if w.sent or not self._ready()}
        for number, event in self._pool.wait(max(0.0, min(ends.values()) - self._clock())):
            ends.pop(number, None)
            match event:
                case Ready():
                    self._workers[number].ready = True
                    self._workers[number].failed_starts = 0
                case Done():
                    self._done(self._workers[number], event)
                case Lost():
                    self._lost(self._workers[number], event.reason)
        now = self._clock()
        for number in [number for number, end in ends.items() if end <= now]:
            self._overdue(self._workers[number])

    @property
    def _timeout(self) -> float:
        """Seconds after which a task counts as hung."""
        return max(self.deadline, SLACK * self._slowest)

    def _end_of(self, worker: Worker) -> float:
        """When this worker must have answered."""
        return worker.since + (self._timeout if worker.ready else START_SECONDS)

    def _ready(self) -> int:
        return sum(worker.ready for worker in self._workers.values())

    def _done(self, worker: Worker, done: Done) -> None:
        call, place = worker.sent.popleft()
        worker.since = self._clock()
        self._slowest = max(self._slowest, done.seconds)
        self._evaluated += 1
        call.results[place] = done.result

    def _overdue(self, worker: Worker) -> None:
        if not worker.ready:
            raise ExecutorError(f"all workers were lost, and no other one started within {START_SECONDS:g} seconds")
        self._lost(worker, f"had not answered within its deadline of {self._timeout:g} seconds and was ended")

    def _lost(self, worker: Worker, reason: str) -> None:
        """Replace a worker, and see what becomes of its tasks."""
        self._pool.end(worker.number)
        sent = list(worker.sent)
        worker.sent.clear()
        if not worker.ready:
            worker.failed_starts += 1
        worker.ready, worker.since = False, self._clock()
        # Before anything that can end the call: whoever maps again finds a pool that is whole.
        if worker.failed_starts <= RETRIES:
            self._pool.start(worker.number)
        else:
            del self._workers[worker.number]
        for call, place in reversed(sent[1:]):
            call.waiting.appendleft(place)
        if sent:
            self._fell(*sent[0], reason)
        if not self._workers:
            raise ExecutorError(f"workers cannot be started any more: the last one {reason}")

    def _fell(self, call: Call, place: int, reason: str) -> None:
        """A worker was lost over this task."""
        call.failures[place] += 1
        if call.failures[place] <= RETRIES:
            call.waiting.appendleft(place)
            return
        self._given_up += 1
        if not self._evaluated and self._given_up >= HOPELESS:
            raise ExecutorError(
                f"workers start but measure nothing: over each of {HOPELESS} architectures the worker {reason}"
            )
        reason = f"given up after {call.failures[place]} tries: the worker {reason}"
        call.results[place] = self._failed(call.tasks[place], reason)
