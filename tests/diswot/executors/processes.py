"""Processes that the executor tests start, and how they are found again."""

from __future__ import annotations

import ipaddress
import multiprocessing
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from diswot.runtime import forkserver

MARK = "DISWOT_TEST_MARK"
"""Variable whose value tells the processes of one test from all others."""

DRIVER = """
import signal
import sys
from pathlib import Path

from diswot.errors import ExecutorError
from diswot.executors import open_executor
from diswot.spec.compute import ComputeSpec
from tests.diswot.executors.workload import SLOW, Workload

# Children of a shell's background jobs are born deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
name, address, evaluations = sys.argv[1:]
if __name__ == "__main__":
    try:
        with open_executor(Workload({}, Path()), ComputeSpec(name, 1, address=address or None)) as executor:
            done = 0
            while done < int(evaluations):
                done += len(list(executor.map([SLOW] * 3)))
                if done == 3:
                    print("started", flush=True)
        print(f"measured {done}")
    except ExecutorError as error:
        print(error)
"""


def start_driver(
    name: str, address: str = "", evaluations: int = 3, *, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Start a process that opens an executor and measures.

    Its environment is ours without what concerns Ray, and with `environment`.
    """
    command = [sys.executable, "-c", DRIVER, name, address, str(evaluations)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    return subprocess.Popen(
        command,
        env=kept | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


@contextmanager
def nothing_left() -> Iterator[str]:
    """A mark for the processes that are started inside: behind the block, neither they nor workers may be there.

    What workers are forked from stays for whoever needs it next, and has no mark.
    """
    forkserver.begin()
    mark = uuid.uuid4().hex
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, mark)
        yield mark
        assert wait_until_gone(mark) == []
        assert [child for child in multiprocessing.active_children() if child.name.startswith("diswot-worker")] == []


def marked(mark: str) -> list[Path]:
    """Folders in /proc of the living processes that were started with this mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            tracker = b"resource_tracker" in (process / "cmdline").read_bytes()
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0") and not tracker:
                found.append(process)
        except OSError:
            continue
    return found


def wait_until_gone(mark: str, seconds: float = 15.0) -> list[Path]:
    """The marked processes that are still there after so much time."""
    deadline = time.monotonic() + seconds
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def listening(mark: str) -> set[str]:
    """Addresses on which the marked processes listen."""
    links = [link.readlink() for process in marked(mark) for link in (process / "fd").iterdir()]
    sockets = {str(link).removeprefix("socket:[").removesuffix("]") for link in links}
    rows = [row.split() for table in ("tcp", "tcp6") for row in Path("/proc/net", table).read_text().splitlines()[1:]]
    return {_host(row[1].partition(":")[0]) for row in rows if row[3] == "0A" and row[9] in sockets}


def _host(text: str) -> str:
    """An address out of /proc/net: words of 32 bits, each from its last byte to its first."""
    words = [bytes.fromhex(text[i : i + 8])[::-1] for i in range(0, len(text), 8)]
    host = ipaddress.ip_address(b"".join(words))
    return str(getattr(host, "ipv4_mapped", None) or host)
