"""Ctrl-C ends a command with one sentence, from its first import on, whatever it does."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

HEAD = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # children of a background job are born deaf to Ctrl-C
"""
COMMAND = f"{HEAD}from diswot.cli import main\nprint('up', flush=True)\nmain()"
DEAF = f"""{HEAD}
from diswot.cli.interrupt import heeding, saying
with heeding(), saying("interrupted; go on"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    print(child.pid, flush=True)
    while True:
        try:
            time.sleep(3600)
        except KeyboardInterrupt:
            pass
"""
PATIENT = f"""{HEAD}
from diswot.cli.interrupt import heeding, saying
with heeding():
    with saying("interrupted; this is over"):
        pass
    print("up", flush=True)
    try:
        time.sleep(3600)
    except KeyboardInterrupt:
        raise SystemExit(1)
"""

IGNORING = """
import os, signal
from diswot.cli.interrupt import heeding
signal.signal(signal.SIGINT, signal.SIG_IGN)
with heeding():
    os.kill(os.getpid(), signal.SIGINT)
print("alive")
"""


def interrupted(program: str, *words: str, seconds: float = 0.0) -> tuple[str, int, str]:
    """What a program says first, its exit code, and what it says on stderr, after Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=100)
        return first, process.returncode, said


def ends(process: int) -> bool:
    """Whether a process is gone, or waits for nothing but its parent's question, within some seconds."""
    for _ in range(100):
        if not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.3, 1.5])
def test_from_the_first_import_on_a_command_ends_with_one_sentence(seconds: float, tmp_path: Path) -> None:
    words = ["search", "--teacher", "resnet56", "--out", str(tmp_path / "run"), "--no-cache"]
    _, code, said = interrupted(COMMAND, *words, seconds=seconds)
    assert code == 130
    assert said.splitlines()[-1].startswith("interrupted")
    assert "Traceback" not in said
    assert said.count("interrupted") == 1


def test_what_does_not_end_by_itself_is_ended_with_all_that_it_has_started() -> None:
    child, code, said = interrupted(DEAF)
    assert (code, said) == (130, "interrupted; go on\n")
    assert ends(int(child))


def test_the_sentence_is_that_of_what_goes_on_and_the_code_that_of_the_signal() -> None:
    assert interrupted(PATIENT) == ("up\n", 130, "interrupted\n")


def test_who_handles_ctrl_c_otherwise_is_left_to_it() -> None:
    done = subprocess.run([sys.executable, "-c", IGNORING], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("alive\n", "")
