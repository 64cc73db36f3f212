"""Where the command line speaks: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from diswot.errors import DiswotError, StorageError
from diswot.storage.refusal import NO_ROOM, reason

PLAIN = {"±": "+/-", "–": "-", "−": "-", "…": "...", "→": "->", "×": "x"}
"""What is written in the place of characters that a terminal's encoding lacks."""

STDOUT = Console(soft_wrap=False, highlight=False)
STDERR = Console(stderr=True, highlight=False)


def speak_plainly() -> None:
    """Let both streams replace what their encoding lacks, so that no terminal ends a command with an error."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


@contextmanager
def speaking() -> Iterator[None]:
    """See to it that everything is said when the block ends, and in one sentence where there is no room.

    Raises:
        StorageError: a file or standard output takes no more.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in NO_ROOM or isinstance(error, DiswotError):
            raise
        if error.filename is not None:
            raise StorageError(f"{error.filename!r} cannot be written: {reason(error)}") from error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Else Python would try again on its way out.
        raise StorageError(f"the output cannot be written: {reason(error)}") from error


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Characters that cannot be encoded, in others that can: JSON's escapes where there is nothing better."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(one) or json.dumps(one).strip('"') for one in lacking), error.end


def si(count: float) -> str:
    """A count with a unit: `1.53 M`.

    Example:
        >>> si(1531546)
        '1.53 M'
    """
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:.3g} {unit}"
    return f"{count:.3g}"
