"""What the scheduler does: about order, faults and deadlines, with pools that have them on command."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush

import pytest

from diswot.errors import DiswotError, ExecutorError
from diswot.evaluation import EvalTask, Evaluation
from diswot.executors import scheduler as scheduler_module
from diswot.executors.pool import Done, Event, Lost, Ready, evaluate
from diswot.executors.scheduler import HOPELESS, Scheduler
from diswot.seeds import stream
from diswot_spaces import Architecture, Costs, get_space

TASKS = [EvalTask(Architecture("numbers", (i,))) for i in range(12)]
FATAL = EvalTask(Architecture("fatal", ()))
SILENT = EvalTask(Architecture("silent", ()))


def measured(task: EvalTask, error: str | None = None) -> Evaluation:
    return Evaluation(str(task.arch), Costs(1, 1, 1, 1), {}, 0.0, error)


class FakePool:
    """Workers that answer when they are waited for, the last one first, each task after the other.

    Attributes:
        sent: what was sent to whom.
        starts: what becomes of each start, in turn; those after are well.
        ended: workers that were ended, in turn.
    """

    hint = "they need to be well"

    def __init__(self, count: int = 2) -> None:
        self.count = count
        self.sent: list[tuple[int, EvalTask]] = []
        self.starts: deque[Event] = deque()
        self.ended: list[int] = []
        self._events: dict[int, deque[Event]] = {}

    def start(self, worker: int) -> None:
        self._events[worker] = deque([self.starts.popleft() if self.starts else Ready()])

    def send(self, worker: int, task: EvalTask) -> None:
        self.sent.append((worker, task))
        if task == FATAL:
            self._events[worker].append(Lost("fell"))
        elif task != SILENT:
            self._events[worker].append(Done(measured(task), 0.3))

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        for worker, events in reversed(self._events.items()):
            if events:
                return [(worker, events.popleft())]
        time.sleep(min(seconds, 0.01))
        return []

    def end(self, worker: int) -> None:
        self.ended.append(worker)
        del self._events[worker]


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def make(pool: FakePool, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scheduler]:
    """Start a scheduler over the pool, for tasks that take equally long."""
    monkeypatch.setattr(scheduler_module, "START_SECONDS", 1.0)

    def start(deadline: float = 120.0) -> Scheduler:
        scheduler = Scheduler(pool, measured, lambda _: 1.0, deadline)
        scheduler.start()
        return scheduler

    return start


class SimulatedPool:
    """Workers in simulated time, and a driver that takes a moment for each message.

    Args:
        count: number of workers.
        takes: seconds that a task takes.
        message: seconds that the driver takes to send a task, and again to receive its result.
    """

    hint = ""

    def __init__(self, count: int, takes: Callable[[EvalTask], float], message: float) -> None:
        self.count, self.now, self.busy = count, 0.0, 0.0
        self._takes, self._message = takes, message
        self._free = [0.0] * count
        self._answers: list[tuple[float, int, Event]] = []

    def start(self, worker: int) -> None:
        heappush(self._answers, (0.0, worker, Ready()))

    def send(self, worker: int, task: EvalTask) -> None:
        self.now += self._message
        self.busy += self._takes(task)
        self._free[worker] = max(self._free[worker], self.now) + self._takes(task)
        heappush(self._answers, (self._free[worker], worker, Done(measured(task), self._takes(task))))

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        answer, worker, event = heappop(self._answers)
        self.now = max(self.now, answer) + self._message
        return [(worker, event)]

    def end(self, worker: int) -> None:
        raise AssertionError("nobody hangs here")


def busy_share(workers: int, work: list[float], message: float) -> float:
    """Share of their time that workers are busy until all of these tasks are told."""
    seconds = {EvalTask(Architecture("numbers", (i,))): one for i, one in enumerate(work)}
    pool = SimulatedPool(workers, seconds.__getitem__, message)
    scheduler = Scheduler(pool, measured, seconds.__getitem__, 120.0, lambda: pool.now)
    scheduler.start()
    began = pool.now
    list(scheduler.map(list(seconds)))
    return pool.busy / (workers * (pool.now - began))


def test_results_are_told_in_the_order_asked_whoever_answers_first(
    pool: FakePool, make: Callable[..., Scheduler]
) -> None:
    assert list(make().map(TASKS)) == [measured(arch) for arch in TASKS]
    assert {worker for worker, _ in pool.sent} == {0, 1}
    assert [task for _, task in pool.sent] == TASKS, "each was sent once"


def test_two_tasks_are_in_flight_and_the_last_ones_go_to_idle_workers_only(
    pool: FakePool, make: Callable[..., Scheduler]
) -> None:
    next(make().map(TASKS[:7]))
    before_the_first_answer = [worker for worker, _ in pool.sent][:4]
    assert before_the_first_answer == [0, 1, 0, 1]
    pool.sent.clear()
    next(make().map(TASKS[:3]))
    assert [worker for worker, _ in pool.sent][:2] == [0, 1]


def test_a_start_that_fails_is_told_with_what_workers_need(pool: FakePool, make: Callable[..., Scheduler]) -> None:
    pool.starts.append(Lost("fell"))
    with pytest.raises(ExecutorError, match=r"^a worker cannot be started: it fell; they need to be well$"):
        make()


def test_what_a_lost_worker_had_not_begun_is_not_blamed(pool: FakePool, make: Callable[..., Scheduler]) -> None:
    asked = [*TASKS[:4], FATAL, *TASKS[4:]]
    found = list(make().map(asked))
    assert [m.arch for m in found] == [str(task.arch) for task in asked]
    assert [m.error for m in found if m.error] == ["given up after 4 tries: the worker fell"]
    assert len(pool.ended) == 4


def test_a_worker_that_does_not_answer_is_ended_and_its_architecture_given_up(
    pool: FakePool, make: Callable[..., Scheduler]
) -> None:
    found = list(make(deadline=0.001).map([SILENT]))
    reason = "the worker had not answered within its deadline of 0.001 seconds and was ended"
    assert [m.error for m in found] == [f"given up after 4 tries: {reason}"]
    assert len(pool.ended) == 4


def test_a_worker_that_does_not_start_again_is_done_without(pool: FakePool, make: Callable[..., Scheduler]) -> None:
    scheduler = make()
    pool.starts.extend([Lost("fell")] * 4)
    found = list(scheduler.map([FATAL, *TASKS]))
    assert [m.error is None for m in found] == [False, *[True] * 12]
    pool.sent.clear()
    list(scheduler.map(TASKS))
    assert len({worker for worker, _ in pool.sent}) == 1


def test_without_any_worker_it_ends(pool: FakePool, make: Callable[..., Scheduler]) -> None:
    scheduler = make()
    pool.starts.extend([Lost("fell")] * 100)
    with pytest.raises(ExecutorError, match=r"^workers cannot be started any more: the last one fell$"):
        list(scheduler.map([FATAL, *TASKS]))


def test_workers_that_never_start_again_are_not_waited_for_for_ever(
    pool: FakePool, make: Callable[..., Scheduler], monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = make()
    monkeypatch.setattr(pool, "start", lambda worker: pool._events.update({worker: deque()}))
    monkeypatch.setattr(scheduler_module, "START_SECONDS", 0.01)
    with pytest.raises(ExecutorError, match=r"^all workers were lost, and no other one started within 0.01 seconds$"):
        list(scheduler.map([FATAL] * 4))


def test_where_nothing_can_be_measured_it_ends(pool: FakePool, make: Callable[..., Scheduler]) -> None:
    sentence = rf"^workers start but measure nothing: over each of {HOPELESS} architectures the worker fell$"
    scheduler = make()
    with pytest.raises(ExecutorError, match=sentence):
        list(scheduler.map([FATAL] * 20))
    assert list(scheduler.map(TASKS)) == [measured(arch) for arch in TASKS], "the pool is whole again"


def test_answers_to_a_batch_that_nobody_waits_for_are_not_taken_for_others(make: Callable[..., Scheduler]) -> None:
    scheduler = make()
    abandoned = scheduler.map(TASKS)
    next(abandoned)
    abandoned.close()  # type: ignore[attr-defined]
    asked = TASKS[::-1]
    assert list(scheduler.map(asked)) == [measured(arch) for arch in asked]


def test_an_error_that_cannot_be_pickled_is_told_in_words() -> None:
    class LocalError(Exception):
        pass

    def measure(task: EvalTask) -> Evaluation:
        raise LocalError("no such layer")

    error = evaluate(measure, TASKS[0]).result  # type: ignore[arg-type]
    assert type(error) is DiswotError
    assert str(error) == "LocalError: no such layer"
    assert "in a worker" in error.__notes__[0]


def test_the_timeout_is_the_deadline_or_ten_times_the_slowest_evaluation(
    pool: FakePool, make: Callable[..., Scheduler], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    scheduler = Scheduler(pool, measured, lambda _: 1.0, 2.0, lambda: now[0])
    scheduler.start()
    list(scheduler.map(TASKS[:1]))  # takes 0.3 s
    waited: list[float] = []

    def wait(seconds: float) -> list[tuple[int, Event]]:
        waited.append(seconds)
        now[0] += seconds
        return [(0, Done(measured(SILENT), 0.3))]

    monkeypatch.setattr(pool, "wait", wait)
    list(scheduler.map([SILENT]))
    assert waited == [pytest.approx(3.0)]


def test_of_each_two_tasks_a_worker_the_one_of_most_work_is_sent_first(pool: FakePool) -> None:
    work = {task: [1, 5, 3, 4, 9, 6, 8, 7, 2, 2, 2, 2][i] for i, task in enumerate(TASKS)}
    scheduler = Scheduler(pool, measured, work.__getitem__, 120.0)
    scheduler.start()
    assert list(scheduler.map(TASKS)) == [measured(task) for task in TASKS]
    assert [work[task] for _, task in pool.sent] == [5, 4, 3, 1, 9, 8, 7, 6, 2, 2, 2, 2]


MESSAGE = 0.5e-3
"""Seconds that the driver takes to send a task over Ray, and again to receive its result (`benchmark scaling`)."""


@pytest.mark.parametrize(("workers", "proposals"), [(2, 20), (8, 64), (256, 512)])
def test_workers_are_busy_where_two_or_more_tasks_each_are_proposed_at_once(workers: int, proposals: int) -> None:
    rng = stream(0, "work")
    assert busy_share(workers, [3.0] * proposals, MESSAGE) >= 0.9
    assert busy_share(workers, rng.uniform(2.0, 4.0, proposals).tolist(), MESSAGE) >= 0.9


def test_work_as_uneven_as_a_whole_space_is_done_nearly_as_soon_as_the_longest_evaluation() -> None:
    space, rng = get_space("nasbench201"), stream(0, "cells")
    macs = [space.costs(space.sample(rng), 100).macs / 1e7 for _ in range(512)]
    bound = max(max(macs), sum(macs) / 256)
    assert busy_share(256, macs, 0.0) >= 0.99 * sum(macs) / 256 / bound


def test_a_batch_smaller_than_the_workers_leaves_some_idle() -> None:
    assert busy_share(256, [3.0] * 20, MESSAGE) < 0.1
