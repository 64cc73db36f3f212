"""Where the command line speaks: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import codecs
import io
import json
import sys

from rich.console import Console

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
