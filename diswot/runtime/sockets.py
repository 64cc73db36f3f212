"""A folder for the sockets of `multiprocessing`: one whose path is short enough, and that can be written."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from contextlib import suppress
from multiprocessing import util
from pathlib import Path
from typing import Any

from diswot.errors import ExecutorError

LONGEST = 107 - len("/listener-12345678")
"""Bytes of a folder's path. A socket's may have 107 on Linux: `sun_path` in unix(7)."""

SHORT = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - a folder of our own is made there
"""Folders that may be written where the one for temporary files has too long a path."""


def find_folder() -> None:
    """See to it that `multiprocessing` has a folder for its sockets; where it has one that will do, nothing happens.

    Raises:
        ExecutorError: there is none; the sentence says what to do.
    """
    with suppress(FileNotFoundError):  # no folder for temporary files can be written
        if len(os.fsencode(util.get_temp_dir())) <= LONGEST:
            return
    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    config["tempdir"] = _make_one()


def _make_one() -> str:
    for root in filter(None, (os.environ.get("XDG_RUNTIME_DIR"), *SHORT)):
        with suppress(OSError):
            folder = tempfile.mkdtemp(prefix="pymp-", dir=root)
            if len(os.fsencode(folder)) <= LONGEST:
                util.Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=-100)
                return folder
            Path(folder).rmdir()
    raise ExecutorError(
        f"worker processes need a folder for a socket, one that can be written and whose path has at most {LONGEST} "
        f"characters, and there is none in TMPDIR, {', '.join(SHORT)}: set TMPDIR to one, or use the executor serial"
    )
