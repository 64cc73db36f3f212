"""Processes that end together: sessions, and children that leave with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

POLL = 0.5
"""Seconds between two looks for the parent."""


def members(session: int) -> list[int]:
    """Living processes of a session; the session's own leader is one of them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has ended since the folder was listed.
            state, _parent, _group, sid = stat.read_text().rpartition(")")[2].split()[:4]
            if int(sid) == session and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


def end_session(session: int) -> None:
    """Kill every process of a session but the caller, until none is left.

    A session holds what a process group does not: the processes of a Ray cluster make groups of their own.
    """
    while others := [pid for pid in members(session) if pid != os.getpid()]:
        for pid in others:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def leave_with_parent() -> None:
    """Let this process of a `multiprocessing` pool end soon after its parent has, however the parent ends.

    Without it a pool outlives a parent that is killed: its processes wait on a queue that they keep open themselves.
    """
    threading.Thread(target=_leave_with_parent, name="leave-with-parent", daemon=True).start()


def _leave_with_parent() -> None:
    while (parent := multiprocessing.parent_process()) is None:  # Not known before the process has read its task.
        time.sleep(POLL)
    parent.join()
    os._exit(1)
