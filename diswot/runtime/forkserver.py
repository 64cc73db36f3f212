"""Where worker processes come from: forks of one process that has imported what they need and does nothing else.

A fresh interpreter takes seconds to import torch; a fork has it at once, and shares the memory that it takes. The
process that searches is not forked itself: it has threads, which a fork would lose.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from types import ModuleType

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


def start(process: BaseProcess, sent: object) -> None:
    """Start a process that reads the main module again only where something that it is sent is defined there.

    So a script needs no main guard, unless its own classes are evaluated.

    Args:
        process: of `CONTEXT`, not yet started.
        sent: what it will be given, as an object or pickled.
    """
    with nullcontext() if b"__main__" in pickle.dumps(sent) else _without_main_module():
        process.start()


@contextmanager
def _without_main_module() -> Iterator[None]:
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
