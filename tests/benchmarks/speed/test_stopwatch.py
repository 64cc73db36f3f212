"""Contestants in processes of their own: asked, timed, lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from diswot.errors import DiswotError, ExecutorError
from diswot.evaluation import Evaluation
from diswot.probes import load_probe
from diswot.spec.probe import ProbeSpec
from diswot_benchmarks.speed.as_published import AsPublished
from diswot_benchmarks.speed.stopwatch import Case, TimedProcess, peak_rss, run, seconds_of
from diswot_spaces import CIFAR, get_space

ARCH = get_space("nasbench201").decode("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")


@pytest.fixture(scope="module")
def station() -> Iterator[TimedProcess]:
    probe = load_probe(ProbeSpec("noise", 2), 10, CIFAR, seed=0)
    with TimedProcess(AsPublished("params", "resnet20", 10, probe), threads=1) as found:
        yield found


def threads_of(case: Case) -> tuple[int, int, str]:
    assert isinstance(case, AsPublished)
    return os.getpid(), torch.get_num_threads(), case.proxy


def refuse(case: Case, what: str) -> None:
    raise ValueError(f"no {what}")


def leave(case: Case) -> None:
    os._exit(3)


def test_a_function_runs_in_the_process_with_its_case_and_threads(station: TimedProcess) -> None:
    process, threads, proxy = station.ask(threads_of)
    assert (threads, proxy) == (1, "params")
    assert process != os.getpid()
    assert station.ask(seconds_of, ARCH) > 0


def test_what_it_raises_is_said_here(station: TimedProcess) -> None:
    with pytest.raises(DiswotError, match="ValueError: no luck"):
        station.ask(refuse, "luck")
    assert station.ask(threads_of), "it goes on"


def test_a_process_that_dies_is_an_error() -> None:
    with (
        pytest.raises(ExecutorError, match="a process of the throughput benchmark died"),
        TimedProcess(None, 1) as station,
    ):
        station.ask(leave)


def test_a_network_that_fails_ends_the_benchmark() -> None:
    def failing(arch: object) -> Evaluation:
        return Evaluation("cell", get_space("nasbench201").costs(ARCH, 10, CIFAR), {}, 0.1, "ValueError: no")

    with pytest.raises(DiswotError, match="cell could not be scored: ValueError: no"):
        run(failing, ARCH)


def test_peak_memory_is_the_process_own(station: TimedProcess) -> None:
    large = torch.ones(2**28, dtype=torch.uint8)  # 256 MiB, resident here only
    here, there = peak_rss(), station.ask(peak_rss)
    assert here is not None
    assert there is not None
    assert here - len(large) / 2**20 > 50
    assert 20 < there < here


def test_peak_memory_of_a_process_that_is_gone_is_unknown(tmp_path: Path) -> None:
    assert peak_rss(None, 2**30) is None
