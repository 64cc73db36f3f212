"""Processes that end together: a session."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def members(session: int) -> list[int]:
    """Living processes of a session; the session's own leader is one of them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has ended since the folder was listed.
            state, _parent, _group, sid = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
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
