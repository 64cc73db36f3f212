"""Files that are there whole or not at all, however the process ends."""

from __future__ import annotations

import os
from pathlib import Path


def atomic_write(path: Path, content: str | bytes) -> None:
    """Write a file beside `path`, see it onto the disk, and move it into place; text is UTF-8 whatever the locale.

    Raises:
        OSError: that cannot be done; its `filename` is the path, and what was there is as before.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # What a write says nothing of.
        raise
