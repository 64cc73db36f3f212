"""`diswot` called inside the test's own process, where nothing depends on its being another one: no torch to import."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from diswot.cli import main


@dataclass(frozen=True)
class Done:
    """What a command came to, in the words of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def diswot(*words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Done:
    """Call `diswot` with these words, in a folder and with further variables of the environment."""
    code = 0
    with (
        chdir(cwd or Path.cwd()),
        patch.dict(os.environ, env or {}),
        patch.object(sys, "argv", ["diswot", *map(str, words)]),
        redirect_stdout(StringIO()) as stdout,
        redirect_stderr(StringIO()) as stderr,
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, stdout.getvalue(), stderr.getvalue())
