"""Where worker processes come from: forks of one process that has imported what they need and does nothing else.

A fresh interpreter takes seconds to import torch; a fork has it at once, and shares the memory that it takes. The
process that searches is not forked itself: it has threads, which a fork would lose.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import forkserver

CONTEXT = multiprocessing.get_context("forkserver")
NEEDED = ["diswot.executors.processes", "diswot.cli"]
"""Modules whose imports bring all that workers need, which read the main module again: it may be the command line."""


def begin() -> None:
    """Begin to import what workers need, and return at once; once begun, it does nothing.

    Whoever has imports or other work of seconds before workers can be started calls it first.
    """
    CONTEXT.set_forkserver_preload(NEEDED)
    forkserver.ensure_running()
