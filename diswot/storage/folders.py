"""The user's folders."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "DISWOT_CACHE"


def cache_folder() -> Path | None:
    """The folder in `DISWOT_CACHE`, or else that of the platform for caches; `None` for a user without a home."""
    try:
        if chosen := os.environ.get(VARIABLE):
            return Path(chosen).expanduser()
        folder = platformdirs.user_cache_path("diswot", appauthor=False)
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None  # What older platformdirs say of a user without a home.
