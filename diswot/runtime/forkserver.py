"""Where worker processes come from: forks of one process that has imported what they need and does nothing else.

A fresh interpreter takes seconds to import torch; a fork has it at once, and shares the memory that it takes. The
process that searches is not forked itself: it has threads, which a fork would lose.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from multiprocessing import forkserver, resource_tracker

if sys.platform == "linux":
    CONTEXT = multiprocessing.get_context("forkserver")
else:  # the system's own libraries may not survive a fork: workers are fresh interpreters
    CONTEXT = multiprocessing.get_context("spawn")
NEEDED = ["diswot.executors.processes", "diswot.cli"]
"""Modules whose imports bring all that workers need, which read the main module again: it may be the command line."""


def begin() -> None:
    """Begin to import what workers need, and return at once; once begun, it does nothing.

    Whoever has imports or other work of seconds before workers can be started calls it first.
    """
    if sys.platform != "linux":
        return
    CONTEXT.set_forkserver_preload(NEEDED)
    resource_tracker.ensure_running()  # Otherwise begun below, where it would take the mask away.
    # Ctrl-C is for the process that searches; the one begun here, which inherits the mask, ends when that one does.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
