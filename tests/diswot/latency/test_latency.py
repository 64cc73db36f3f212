"""Latency as measured: what is timed, by which process, and what happens to those that cannot be."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import accumulate, chain
from pathlib import Path

import pytest
import torch
from torch import nn

from diswot.errors import InputError
from diswot.latency import Latency, LatencyMeter
from diswot.latency.timing import FEWEST, time_network
from diswot.spec.latency import LatencySetup
from tests.diswot.latency.spaces import DIES, GOOD, HANGS, RAISES, MoodySpace

SPACE, TASK = MoodySpace(), (10, (3, 8, 8))


@pytest.fixture(name="meter")
def one_meter() -> Iterator[LatencyMeter]:
    with LatencyMeter(SPACE, LatencySetup(), *TASK) as meter:
        yield meter
    assert children() == []


def children() -> list[int]:
    return [child.pid or 0 for child in multiprocessing.active_children() if child.name == "diswot-worker-latency"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"device": "tpu"}, "latency_device must be cpu, cuda or cuda:N, not 'tpu'"),
        ({"device": "cuda:x"}, "latency_device must be cpu, cuda or cuda:N, not 'cuda:x'"),
        ({"threads": 0}, "latency_threads must be at least 1, not 0"),
        ({"batch": -1}, "latency_batch must be at least 1, not -1"),
    ],
)
def test_a_setup_that_makes_no_sense_is_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{sentence}$"):
        LatencySetup(**fields)  # type: ignore[arg-type]


def test_more_threads_than_cores_are_refused_before_anything_starts() -> None:
    cores = len(os.sched_getaffinity(0))
    sentence = f"latency_threads must be at most the {cores} cores of this machine, not {cores + 1}"
    with pytest.raises(InputError, match=f"^{sentence}$"):
        LatencyMeter(SPACE, LatencySetup(threads=cores + 1), *TASK)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused() -> None:
    with (
        LatencyMeter(SPACE, LatencySetup("cuda"), *TASK) as meter,
        pytest.raises(InputError, match=r"^latency device 'cuda' is not available; this machine has cpu$"),
    ):
        meter(GOOD)
    assert children() == []


def test_runs_are_timed_after_warm_up_by_median_and_interquartile_range(monkeypatch: pytest.MonkeyPatch) -> None:
    # Five runs of 9 s to warm up, then 1, 10, 3, 2 and 4 s: the quartiles of those are 2, 3 and 4.
    took = [9.0] * FEWEST + [1.0, 10.0, 3.0, 2.0, 4.0]
    ends = list(accumulate(took))
    clock = chain.from_iterable(zip([0.0, *ends], ends, strict=False))
    monkeypatch.setattr("diswot.latency.timing.time.perf_counter", lambda: next(clock))
    waited: list[bool] = []
    network = nn.Flatten()
    found = time_network(network, torch.zeros(2, 3), lambda: waited.append(torch.is_inference_mode_enabled()))
    assert found == Latency(3.0, 2.0, 5)
    assert waited == [True] * 10


def test_a_network_is_measured_once_in_a_process_of_its_own_on_its_own_core(meter: LatencyMeter) -> None:
    assert children() == []
    latency = meter(GOOD)
    assert latency is not None
    assert 0 < latency.median < 10
    assert latency.spread >= 0
    assert latency.runs >= FEWEST
    (child,) = children()
    assert len(os.sched_getaffinity(child)) == 1
    assert meter(GOOD) is latency
    assert meter(RAISES) is None
    assert children() == [child]

    restored = LatencyMeter(SPACE, LatencySetup(), *TASK)
    restored.restore(json.loads(json.dumps(meter.state())))
    assert restored.known == meter.known == {GOOD: latency, RAISES: None}


def test_what_kills_its_process_or_hangs_has_no_latency_and_the_next_one_has(
    meter: LatencyMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert meter(DIES) is None
    assert meter(GOOD) is not None
    monkeypatch.setattr("diswot.latency.meter.DEADLINE", 0.2)
    assert meter(HANGS) is None


DRIVER = """
import multiprocessing, os, signal
from diswot.latency import LatencyMeter
from diswot.spec.latency import LatencySetup
from tests.diswot.latency.spaces import GOOD, MoodySpace
if __name__ == "__main__":
    LatencyMeter(MoodySpace(), LatencySetup(), 10, (3, 8, 8))(GOOD)
    print(multiprocessing.active_children()[0].pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_process_ends_with_whoever_started_it(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, check=False, env=environment)
    child = Path("/proc", done.stdout.strip())
    deadline = time.monotonic() + 15
    while child.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert done.returncode < 0
    assert child.name.isdigit()
    assert not child.exists()
