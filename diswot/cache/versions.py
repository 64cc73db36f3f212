"""Versions of what computes: our code and the packages under it; free of torch."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import diswot
import search_spaces

PACKAGES = ("numpy", "pillow", "timm", "torch", "torchvision")
"""Packages that a value may depend on."""

NOT_MEASURING = ("batch", "cache", "cli", "labels", "report", "search")
"""Rooms of `diswot` that no value depends on. What is not named here counts, a new room too."""


@cache
def versions() -> dict[str, str]:
    """What stands for each part: the version of a package, and for our code its SHA-256."""
    return {"code": _code(), **{name: version(name) for name in PACKAGES}}


def _code() -> str:
    """SHA-256 of the modules that measure: a change there needs no number that somebody would have to raise."""
    digest = hashlib.sha256()
    for package in (search_spaces, diswot):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            name = path.relative_to(root)
            if package is search_spaces or name.parts[0] not in NOT_MEASURING:
                digest.update(f"{root.name}/{name.as_posix()}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
