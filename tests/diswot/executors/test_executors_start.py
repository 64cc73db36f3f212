"""How executors start and end, and what they say when they cannot."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch

from diswot.errors import ExecutorError, InputError, UnknownName
from diswot.executors import open_executor
from diswot.runtime import forkserver
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.workflow import run_search
from tests.diswot.executors.processes import MARK, nothing_left, start_driver, wait_until_gone
from tests.diswot.executors.workload import HARMLESS, Unloadable, Workload

NOTHING = Workload({}, Path())


def test_unknown_name_lists_the_valid_ones() -> None:
    with pytest.raises(UnknownName, match=r"^unknown executor 'dask'; valid: serial, processes, ray$"):
        ComputeSpec("dask")


def test_no_workers_are_refused() -> None:
    with pytest.raises(InputError, match=r"^workers must be at least 1, not 0$"):
        ComputeSpec("processes", 0)


def test_numbers_of_workers_and_seconds_have_upper_limits() -> None:
    with pytest.raises(InputError, match=r"^workers must be at most 4,096, not 100,000,000$"):
        ComputeSpec("processes", 100_000_000)
    with pytest.raises(InputError, match=r"^deadline must be at most 604,800, not "):
        ComputeSpec(deadline=1e12)


def test_an_address_is_for_ray() -> None:
    with pytest.raises(InputError, match=r"^an address goes with the executor 'ray', not with 'serial'$"):
        ComputeSpec("serial", address="127.0.0.1:6379")


def test_serial_puts_the_thread_count_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with open_executor(NOTHING, ComputeSpec("serial")) as executor:
            assert next(executor.map([HARMLESS])).values["threads"] == (1,)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_ray_address_that_does_not_answer_is_an_error_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot.executors.cluster.ANSWER_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        monkeypatch.setenv("RAY_AUTH_TOKEN", "a" * 64)
        before, start = dict(os.environ), time.monotonic()
        sentence = rf"^what answers at '{address}' is no Ray cluster, or one of another version: check that it is "
        with pytest.raises(ExecutorError, match=sentence), open_executor(NOTHING, ComputeSpec("ray")):
            pass
        assert time.monotonic() - start < 20
        assert dict(os.environ) == before


def test_ray_does_not_start_without_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    sentence = "^Ray starts here only with token authentication: unset RAY_AUTH_MODE$"
    with pytest.raises(ExecutorError, match=sentence), open_executor(NOTHING, ComputeSpec("ray")):
        pass


def test_what_ray_says_when_it_cannot_start_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TMPDIR", "/proc/nowhere")
    sentence = r"^Ray did not start: .*/proc/nowhere.*; the executor 'processes' does without it$"
    with pytest.raises(ExecutorError, match=sentence), open_executor(NOTHING, ComputeSpec("ray", 1)):
        pass


@pytest.mark.parametrize(
    ("name", "reason"),
    [("processes", "ended with exit code 1; .* under `if __name__"), ("ray", "was lost: .* needs diswot installed")],
)
def test_a_worker_that_cannot_load_the_evaluator_is_told_at_once(name: str, reason: str) -> None:
    unloadable = Unloadable({}, Path())
    sentence = f"^a worker cannot be started: it {reason}"
    with nothing_left(), pytest.raises(ExecutorError, match=sentence), open_executor(unloadable, ComputeSpec(name, 1)):
        pass


@pytest.mark.parametrize("address", ["nowhere", "10.0.0.1", "ray://10.0.0.1:10001", "10.0.0.1:0", "10.0.0.1:70000"])
def test_an_address_is_a_host_and_a_port(address: str) -> None:
    allowed = "the address of a Ray cluster must be written HOST:PORT, such as 10.0.0.1:6379"
    sentence = rf"^{allowed}, not {re.escape(repr(address))}$"
    with pytest.raises(InputError, match=sentence):
        ComputeSpec("ray", address=address)


def test_an_address_in_the_environment_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    sentence = (
        r"^RAY_ADDRESS must be written HOST:PORT, such as 10.0.0.1:6379, not 'auto'; "
        r"unset it to start a cluster on this machine$"
    )
    with pytest.raises(InputError, match=sentence):
        ComputeSpec("ray")


def test_a_worker_process_begins_with_torch_imported() -> None:
    forkserver.begin()
    process = forkserver.CONTEXT.Process(
        target=exec, args=("import sys; sys.exit(7 if 'torch' in sys.modules else 1)",)
    )
    process.start()
    process.join()
    assert process.exitcode == 7


@pytest.mark.parametrize("refusal", [OSError("Resource temporarily unavailable"), EOFError()])
def test_a_machine_without_room_for_a_process_is_told(monkeypatch: pytest.MonkeyPatch, refusal: Exception) -> None:
    def refuse(_: BaseProcess) -> None:
        raise refusal

    monkeypatch.setattr(BaseProcess, "start", refuse)
    sentence = "^a worker cannot be started: it found no room on this machine for one more process; "
    with pytest.raises(ExecutorError, match=sentence), open_executor(NOTHING, ComputeSpec("processes", 1)):
        pass


INTERRUPTED = """
import signal
import time

from diswot.runtime import forkserver

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    forkserver.begin()
    time.sleep(0.5)
    print("importing", flush=True)
    signal.pause()
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_during_imports_is_heard_by_one_process() -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=30) == ("interrupted\n", "")


def test_a_deadline_is_positive() -> None:
    with pytest.raises(InputError, match=r"^deadline must be more than 0, not -1$"):
        ComputeSpec(deadline=-1)


def test_an_address_where_nobody_listens_is_told_before_the_teacher_is_observed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(ExecutorError, match=f"^no Ray cluster answers at '{address}': Connection refused$"):
        run_search(
            Search(SearchSpec(TeacherSpec("resnet20"), evaluations=1)),
            ComputeSpec("ray", address=address, cache=None),
            report=lambda _: pytest.fail("nothing is measured"),
        )


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_worker_processes_end_with_their_driver(end: signal.Signals) -> None:
    mark = uuid.uuid4().hex
    driver = start_driver("processes", evaluations=10**9, environment={MARK: mark})
    assert driver.stdout is not None
    assert driver.stdout.readline() == "started\n"
    if end == signal.SIGINT:
        os.killpg(driver.pid, end)  # as a terminal does
    else:
        driver.kill()
    try:
        driver.communicate(timeout=30)
    finally:
        driver.kill()
        driver.communicate()
    assert wait_until_gone(mark) == []
