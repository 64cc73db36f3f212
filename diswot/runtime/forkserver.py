"""Where worker processes come from: forks of one process that has imported what they need and does nothing else.

A fresh interpreter takes seconds to import torch; a fork has it at once, and shares the memory that it takes. The
process that searches is not forked itself: it has threads, which a fork would lose.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from diswot.errors import ExecutorError
from diswot.runtime.sockets import find_folder

if sys.platform == "linux":
    CONTEXT = multiprocessing.get_context("forkserver")
else:  # the system's own libraries may not survive a fork: workers are fresh interpreters
    CONTEXT = multiprocessing.get_context("spawn")

NEEDED = ["diswot.executors.processes"]
"""Modules whose imports bring all that workers need."""

WORKER = "diswot-worker"
"""How the names of our processes begin."""

UNGUARDED = 79
"""Exit code of a worker that came to begin workers itself while it read the main module."""


def begin() -> None:
    """Begin to import what workers need, and return at once; once begun, it does nothing.

    Whoever has imports or other work of seconds before workers can be started calls it first.

    Raises:
        ExecutorError: there is no folder for the socket over which workers are asked for.
    """
    _leave_where_a_worker_reads_the_script()
    if sys.platform != "linux":
        return
    find_folder()
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
        process: of `CONTEXT`, not yet started, its name beginning with `WORKER`; it ends when this process does.
        sent: what it will be given, as an object or pickled.

    Raises:
        ExecutorError: it would have to read a main module that is no file.
    """
    own = b"__main__" in pickle.dumps(sent)
    if own:
        _check_main_module()
    with nullcontext() if own else _without_main_module(), _as_one_that_may_have_children():
        process.start()


def _check_main_module() -> None:
    main = sys.modules["__main__"]
    if main.__spec__ is None and not Path(getattr(main, "__file__", "")).is_file():
        raise ExecutorError(
            "workers cannot read what a notebook, a prompt or a script on standard input defines: "
            "move the classes that are evaluated into a module, or use the executor serial"
        )


def _leave_where_a_worker_reads_the_script() -> None:
    """End a worker whose script has no main guard: it would begin what its caller has begun."""
    me = multiprocessing.current_process()
    if me.name.startswith(WORKER) and getattr(me, "_inheriting", False):
        os._exit(UNGUARDED)


@contextmanager
def _without_main_module() -> Iterator[None]:
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _as_one_that_may_have_children() -> Iterator[None]:
    """Let a daemonic process, such as one of `multiprocessing.Pool` or Celery, start processes inside the block.

    Python forbids it since their children may be left behind; ours end with whoever started them.
    """
    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = config.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            config["daemon"] = daemon


def _forget() -> None:
    """In a fork, forget the process that its parent has begun: only the parent can ask whether that is still there."""
    forkserver.ForkServer.__init__(forkserver._forkserver)


if sys.platform == "linux":
    os.register_at_fork(after_in_child=_forget)
