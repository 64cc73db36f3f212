"""Ctrl-C: a command ends within two seconds and says one sentence, whatever it is doing, its imports included."""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

SECONDS = 1.0
"""Time in which a command must have ended by itself: closed its files, and ended its workers."""

CODE = 130
"""Exit code of what Ctrl-C ended: 128, and the number of the signal."""

_sentence = "interrupted"
_heard = False


@contextmanager
def heeding() -> Iterator[None]:
    """End the process with one sentence when Ctrl-C is pressed inside the block.

    Nothing happens where others handle Ctrl-C, or where it is ignored, as in a shell's background jobs.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not _is_main():
        yield
        return
    signal.signal(signal.SIGINT, _stop)
    try:
        yield
    except BaseException:
        if not _heard:
            raise
        # Whatever it is: an import that was cut short may end in any error, and typer has a code of its own.
        _say()
        _end_children()
        _leave()
    finally:
        if not _heard:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def saying(sentence: str) -> Iterator[None]:
    """What is said when Ctrl-C is pressed inside the block: how to go on, for one."""
    global _sentence
    before, _sentence = _sentence, sentence
    try:
        yield
    finally:
        if not _heard:
            _sentence = before


def _stop(_signal: int, _frame: object) -> None:
    global _heard
    if not _heard:
        _heard = True
        _thread.start_new_thread(_end, ())  # takes no lock that whoever was interrupted may hold
    raise KeyboardInterrupt


def _end() -> None:
    """End this process, and what it has started, when its time is over."""
    time.sleep(SECONDS)
    _say()
    _end_children()
    os._exit(CODE)


def _leave() -> NoReturn:
    """End this process as Python does, but for what C++ does on its way out: of torch half imported, it may hang."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(CODE)


def _end_children() -> None:
    """End what has not left by itself, such as the process that imports what workers need."""
    import psutil

    with suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                child.kill()


def _say() -> None:
    """Say the sentence, once; on a terminal, with the cursor that a progress bar has hidden."""
    global _sentence
    sentence, _sentence = _sentence, ""
    if sentence:
        cursor = "\x1b[?25h" if sys.stderr.isatty() else ""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{cursor}{sentence}\n")
            sys.stderr.flush()


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
