"""Processes that end together: a session, or what one process has started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def members(session: int) -> list[psutil.Process]:
    """Living processes of a session; the session's own leader is one of them."""
    return [process for process in psutil.process_iter() if _session(process) == session and _alive(process)]


def end_session(session: int) -> None:
    """Kill every process of a session but the caller, until none is left.

    A session holds what a process group does not: the processes of a Ray cluster make groups of their own.
    """
    _end(lambda: members(session))


def end_own() -> None:
    """Kill what this process has started: its whole session if it leads one, or else its descendants alone.

    A process that was started from a shell is in the shell's session, whose other processes are none of its business.
    """
    if os.getsid(0) == os.getpid():
        end_session(os.getpid())
    else:
        _end(lambda: [child for child in psutil.Process().children(recursive=True) if _alive(child)])


def wait_unreaped(pid: int) -> None:
    """Wait until a child has ended, but leave its number taken: until it is reaped, no new process can get it."""
    with suppress(psutil.NoSuchProcess):  # Somebody else has reaped it.
        while _alive(psutil.Process(pid)):
            time.sleep(0.05)


def _alive(process: psutil.Process) -> bool:
    """Whether a process has not ended; one that nobody has reaped yet has."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except OSError:  # It has ended since it was listed, or is somebody else's.
        return None


def _end(living: Callable[[], list[psutil.Process]]) -> None:
    while others := [process for process in living() if process.pid != os.getpid()]:
        for process in others:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.01)
