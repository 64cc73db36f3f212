"""Files that are there whole or not at all, however the process ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO


def write_whole(path: Path, fill: Callable[[IO[str]], object]) -> None:
    """Write a text file beside `path`, see it onto the disk, and move it into place."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", newline="") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
