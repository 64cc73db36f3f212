"""What the dispatcher does about faults, with a crew that has them on command."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

import pytest

from diswot.errors import DiswotError, ExecutorError
from diswot.evaluation import EvalTask, Measurement
from diswot.executors import dispatch
from diswot.executors.crew import Done, Event, Lost, Ready, measure_chunk
from diswot.executors.dispatch import HOPELESS, Dispatcher
from diswot.executors.pace import Pace
from search_spaces import Architecture, Costs

TASKS = [EvalTask(Architecture("numbers", (i,))) for i in range(12)]
FATAL = EvalTask(Architecture("fatal", ()))
SILENT = EvalTask(Architecture("silent", ()))


def measured(task: EvalTask, error: str | None = None) -> Measurement:
    return Measurement(str(task.arch), Costs(1, 1, 1, 1), {}, 0.0, error)


class FakeCrew:
    """Workers that answer when they are waited for, the last one first, each chunk after the other.

    Attributes:
        sent: what was sent to whom.
        starts: what becomes of each start, in turn; those after are well.
        ended: workers that were ended, in turn.
    """

    hint = "they need to be well"

    def __init__(self, count: int = 2) -> None:
        self.count = count
        self.sent: list[tuple[int, list[EvalTask]]] = []
        self.starts: deque[Event] = deque()
        self.ended: list[int] = []
        self._events: dict[int, deque[Event]] = {}

    def start(self, worker: int) -> None:
        self._events[worker] = deque([self.starts.popleft() if self.starts else Ready()])

    def send(self, worker: int, tasks: Sequence[EvalTask]) -> None:
        self.sent.append((worker, list(tasks)))
        if FATAL in tasks:
            self._events[worker].append(Lost("fell"))
        elif SILENT not in tasks:
            self._events[worker].append(Done([measured(task) for task in tasks], [0.3] * len(tasks)))

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
def crew() -> FakeCrew:
    return FakeCrew()


@pytest.fixture
def make(crew: FakeCrew, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Dispatcher]:
    """Start a dispatcher over the crew."""
    monkeypatch.setattr(dispatch, "START_SECONDS", 1.0)

    def start(deadline: float = 120.0) -> Dispatcher:
        dispatcher = Dispatcher(crew, measured, Pace(deadline))
        dispatcher.start()
        return dispatcher

    return start


def test_results_are_told_in_the_order_asked_whoever_answers_first(
    crew: FakeCrew, make: Callable[..., Dispatcher]
) -> None:
    assert list(make().map(TASKS)) == [measured(arch) for arch in TASKS]
    assert {worker for worker, _ in crew.sent} == {0, 1}
    assert [arch for _, archs in crew.sent for arch in archs] == TASKS, "each was sent once"


def test_two_chunks_are_in_flight_and_the_last_ones_go_to_idle_workers_only(
    crew: FakeCrew, make: Callable[..., Dispatcher]
) -> None:
    next(make().map(TASKS[:7]))
    before_the_first_answer = [worker for worker, _ in crew.sent][:4]
    assert before_the_first_answer == [0, 1, 0, 1]
    crew.sent.clear()
    next(make().map(TASKS[:3]))
    assert [worker for worker, _ in crew.sent][:2] == [0, 1]


def test_a_start_that_fails_is_told_with_what_workers_need(crew: FakeCrew, make: Callable[..., Dispatcher]) -> None:
    crew.starts.append(Lost("fell"))
    with pytest.raises(ExecutorError, match=r"^a worker cannot be started: it fell; they need to be well$"):
        make()


def test_what_a_lost_worker_had_not_begun_is_not_blamed(crew: FakeCrew, make: Callable[..., Dispatcher]) -> None:
    asked = [*TASKS[:4], FATAL, *TASKS[4:]]
    found = list(make().map(asked))
    assert [m.arch for m in found] == [str(task.arch) for task in asked]
    assert [m.error for m in found if m.error] == ["given up after 4 tries: the worker fell"]
    assert len(crew.ended) == 4


def test_a_worker_that_does_not_answer_is_ended_and_its_architecture_given_up(
    crew: FakeCrew, make: Callable[..., Dispatcher]
) -> None:
    found = list(make(deadline=0.001).map([SILENT]))
    reason = "the worker had not answered within its deadline of 0.001 seconds and was ended"
    assert [m.error for m in found] == [f"given up after 4 tries: {reason}"]
    assert len(crew.ended) == 4


def test_a_worker_that_does_not_start_again_is_done_without(crew: FakeCrew, make: Callable[..., Dispatcher]) -> None:
    dispatcher = make()
    crew.starts.extend([Lost("fell")] * 4)
    found = list(dispatcher.map([FATAL, *TASKS]))
    assert [m.error is None for m in found] == [False, *[True] * 12]
    crew.sent.clear()
    list(dispatcher.map(TASKS))
    assert len({worker for worker, _ in crew.sent}) == 1


def test_without_any_worker_it_ends(crew: FakeCrew, make: Callable[..., Dispatcher]) -> None:
    dispatcher = make()
    crew.starts.extend([Lost("fell")] * 100)
    with pytest.raises(ExecutorError, match=r"^workers cannot be started any more: the last one fell$"):
        list(dispatcher.map([FATAL, *TASKS]))


def test_workers_that_never_start_again_are_not_waited_for_for_ever(
    crew: FakeCrew, make: Callable[..., Dispatcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher = make()
    monkeypatch.setattr(crew, "start", lambda worker: crew._events.update({worker: deque()}))
    monkeypatch.setattr(dispatch, "START_SECONDS", 0.01)
    with pytest.raises(ExecutorError, match=r"^all workers were lost, and no other one started within 0.01 seconds$"):
        list(dispatcher.map([FATAL] * 4))


def test_where_nothing_can_be_measured_it_ends(crew: FakeCrew, make: Callable[..., Dispatcher]) -> None:
    sentence = rf"^workers start but measure nothing: over each of {HOPELESS} architectures the worker fell$"
    dispatcher = make()
    with pytest.raises(ExecutorError, match=sentence):
        list(dispatcher.map([FATAL] * 20))
    assert list(dispatcher.map(TASKS)) == [measured(arch) for arch in TASKS], "the crew is whole again"


def test_answers_to_a_batch_that_nobody_waits_for_are_not_taken_for_others(make: Callable[..., Dispatcher]) -> None:
    dispatcher = make()
    abandoned = dispatcher.map(TASKS)
    next(abandoned)
    abandoned.close()  # type: ignore[attr-defined]
    asked = TASKS[::-1]
    assert list(dispatcher.map(asked)) == [measured(arch) for arch in asked]


def test_an_error_that_cannot_be_pickled_is_told_in_words() -> None:
    class LocalError(Exception):
        pass

    def measure(task: EvalTask) -> Measurement:
        raise LocalError("no such layer")

    done = measure_chunk(measure, TASKS[:2])  # type: ignore[arg-type]
    assert len(done.seconds) == 2
    for error in done.results:
        assert type(error) is DiswotError
        assert str(error) == "LocalError: no such layer"
        assert "in a worker" in error.__notes__[0]
