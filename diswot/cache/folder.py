"""Where the store lies."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "DISWOT_CACHE"


def cache_folder() -> Path | None:
    """The folder in `DISWOT_CACHE`, or else `diswot` in the user's cache folder; `None` for a user without a home.

    Source: XDG Base Directory Specification 0.8, which has relative paths in `XDG_CACHE_HOME` ignored.
    """
    try:
        if chosen := os.environ.get(VARIABLE):
            return Path(chosen).expanduser()
        platform = Path(os.environ.get("XDG_CACHE_HOME", ""))
        return (platform if platform.is_absolute() else Path.home() / ".cache") / "diswot"
    except RuntimeError:  # pathlib found no home
        return None
