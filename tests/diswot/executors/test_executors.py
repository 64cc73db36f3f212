"""What holds for each executor, tried on each."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import torch

from diswot.errors import ExecutorError
from diswot.evaluation import EvalTask, Evaluation, tasks_of
from diswot.executors import Executor, open_executor
from diswot.executors.cluster import TOKEN, connection
from diswot.executors.pool import Done
from diswot.executors.ray import RayPool
from diswot.executors.scheduler import Scheduler
from diswot.proxies import proxies_of
from diswot.runtime.threads import one_thread
from diswot.spec.compute import DEADLINE, EXECUTORS, ComputeSpec
from diswot_spaces import get_space
from tests.diswot.executors.processes import listening, nothing_left, start_driver
from tests.diswot.executors.workload import (
    BUG,
    DEADLY,
    GOOD,
    HARMLESS,
    NAN,
    ONCE,
    RAISES,
    SCORES,
    SLEEPING,
    SLOW,
    STOPPED,
    Workload,
    prepare_workload,
)

WORKERS = 2
NASBENCH = (
    "|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|",
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|",
)
RESNETS = ("3-1-1", "1-1-3", "1-1-1")
SAMPLE = tasks_of(
    [*map(get_space("nasbench201").decode, NASBENCH), *map(get_space("cifar-resnet").decode, RESNETS)],
)


@dataclass(frozen=True)
class Running:
    """An executor at work.

    Attributes:
        name: of the executor.
        executor: entered.
        mark: in the environment of its processes.
        expected: what this process measures.
    """

    name: str
    executor: Executor
    mark: str
    expected: dict[EvalTask, Evaluation]

    def only(self, *names: str) -> None:
        """Skip the test for other executors than these."""
        if self.name not in names:
            pytest.skip(f"about {' and '.join(names)}")


def surroundings() -> tuple[object, ...]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return environment, torch.get_num_threads(), signal.getsignal(signal.SIGTERM)


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return prepare_workload(tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def expected(workload: Workload) -> dict[EvalTask, Evaluation]:
    with one_thread():
        return {arch: workload(arch) for arch in [*SAMPLE, GOOD]}


@pytest.fixture(scope="module", params=EXECUTORS)
def running(
    request: pytest.FixtureRequest, workload: Workload, expected: dict[EvalTask, Evaluation]
) -> Iterator[Running]:
    """Each executor, entered once for all tests; it must leave nothing behind."""
    workload.revive()
    with nothing_left() as mark, ExitStack() as stack:
        before = surroundings()
        if request.param == "ray":
            stack.enter_context(connection(WORKERS + 1))
        executor = stack.enter_context(open_executor(workload, ComputeSpec(request.param, WORKERS)))
        yield Running(request.param, executor, mark, expected)
        stack.close()
        assert surroundings() == before


@pytest.fixture
def impatient(running: Running, workload: Workload) -> Iterator[None]:
    """Deadlines of five seconds: the workers have their imports behind them, though new ones have not."""
    if isinstance(running.executor, Scheduler):
        list(running.executor.map([SAMPLE[0]] * 2 * WORKERS))
        running.executor.deadline = 5.0
    yield
    if isinstance(running.executor, Scheduler):
        running.executor.deadline = DEADLINE
    workload.revive()


def test_values_are_those_of_this_process_to_the_last_bit_and_in_the_order_asked(running: Running) -> None:
    found = list(running.executor.map(SAMPLE))
    assert found == [running.expected[arch] for arch in SAMPLE]
    assert all(m.values.keys() == proxies_of(SCORES).keys() and m.seconds > 0 for m in found)
    assert list(running.executor.map(SAMPLE[::-1])) == found[::-1]


def test_all_workers_work(running: Running) -> None:
    running.only("processes", "ray")
    assert len({m.values["worker"] for m in running.executor.map([SLOW] * 6)}) == WORKERS


def test_a_bad_network_is_an_error_on_record_and_the_others_go_on(running: Running) -> None:
    raises, good, nan, again = running.executor.map([RAISES, GOOD, NAN, GOOD])
    assert good == again == running.expected[GOOD]
    assert (good.error, raises.values, nan.values) == (None, {}, {})
    assert "no such layer" in str(raises.error)
    assert nan.error == "not finite: relation"
    assert (raises.arch, nan.arch, raises.costs.params) == ("raises", "nan", 2)


def test_a_bug_is_raised_as_itself_and_the_workers_live_on(running: Running) -> None:
    with pytest.raises(KeyError, match="a bug, not a bad network"):
        list(running.executor.map([HARMLESS, BUG, HARMLESS]))
    assert next(running.executor.map([SAMPLE[0]])) == running.expected[SAMPLE[0]]


def test_each_worker_computes_on_one_thread(running: Running) -> None:
    assert {m.values["threads"] for m in running.executor.map([HARMLESS] * 10)} == {(1,)}


def test_a_consumer_may_stop_early(running: Running) -> None:
    found = running.executor.map([HARMLESS] * 1000)
    next(found)
    del found
    assert len(list(running.executor.map([HARMLESS, HARMLESS]))) == 2
    assert list(running.executor.map([])) == []


@pytest.mark.parametrize("kind", [DEADLY, SLEEPING, STOPPED])
def test_a_worker_that_dies_or_hangs_is_replaced_and_nothing_is_lost_or_doubled(
    running: Running, impatient: None, kind: EvalTask
) -> None:
    running.only("processes", "ray")
    found = list(running.executor.map([SAMPLE[0], ONCE[kind], *SAMPLE[1:]]))
    survived = found.pop(1)
    assert found == [running.expected[arch] for arch in SAMPLE]
    assert survived.values["threads"] == (1,)


def test_what_ends_every_worker_is_recorded_as_failed_and_nothing_else_is(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.only("processes", "ray")
    monkeypatch.setattr("diswot.executors.scheduler.RETRIES", 0)
    tasks = [HARMLESS] * 40
    tasks[17] = DEADLY
    found = list(running.executor.map(tasks))
    assert [m.error is None for m in found] == [task != DEADLY for task in tasks]
    dead = found[17]
    assert (dead.arch, dead.values, dead.costs.params) == ("deadly always", {}, 1)
    assert str(dead.error).startswith("given up after 1 tries: the worker was ")


def test_what_always_hangs_is_recorded_as_failed(
    running: Running, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.only("processes", "ray")
    monkeypatch.setattr("diswot.executors.scheduler.RETRIES", 1)
    good, hung, again = running.executor.map([GOOD, SLEEPING, GOOD])
    assert good == again == running.expected[GOOD]
    reason = r"given up after 2 tries: the worker had not answered within its deadline of \S+ seconds and was ended"
    assert re.fullmatch(reason, str(hung.error))


def test_ray_asks_for_its_token_and_listens_on_loopback_only(running: Running) -> None:
    running.only("ray")
    import ray

    address = ray.get_runtime_context().gcs_address
    drivers = [
        start_driver("ray", address, environment=environment)
        for environment in ({"RAY_AUTH_TOKEN": TOKEN}, {"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_TOKEN": "a" * 64})
    ]
    joined, without, wrong = [driver.communicate(timeout=120)[0] for driver in drivers]
    assert joined == "started\nmeasured 3\n"
    refusal = f"the Ray cluster at '{address}' asks for another token: "
    assert without == f"{refusal}unset RAY_AUTH_MODE and put it into RAY_AUTH_TOKEN\n"
    assert wrong == f"{refusal}RAY_AUTH_TOKEN must hold its token\n"
    assert listening(running.mark) == {"127.0.0.1"}


def test_answers_of_an_actor_come_in_the_order_of_its_tasks(running: Running, workload: Workload) -> None:
    running.only("ray")
    tasks = [GOOD if i % 3 == 1 else HARMLESS for i in range(100)]
    with RayPool(workload, 1) as pool:
        pool.start(0)
        for task in tasks:
            pool.send(0, task)
        answers: list[object] = []
        while len(answers) < 1 + len(tasks):
            answers += [event for _, event in pool.wait(60)]
    results = [answer.result for answer in answers if isinstance(answer, Done)]
    assert [one.arch for one in results if isinstance(one, Evaluation)] == [
        "good" if task == GOOD else "harmless always" for task in tasks
    ]


def test_ray_says_how_many_workers_have_room(
    running: Running, workload: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.only("ray")
    monkeypatch.setattr("diswot.executors.scheduler.START_SECONDS", 1)
    sentence = r"^only \d of 9 workers started within 1 seconds: ask for fewer workers, or wait until .* free CPUs$"
    with pytest.raises(ExecutorError, match=sentence), open_executor(workload, ComputeSpec("ray", 9)):
        pass
