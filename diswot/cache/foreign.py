"""The code of other packages that a value depends on: of a space, proxy or teacher that is not ours."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

OURS = ("diswot", "diswot_spaces", "numpy", "timm", "torch", "torchvision")
"""Packages whose code or version is part of every key."""


def foreign_code(modules: Iterable[str]) -> dict[str, str]:
    """SHA-256 of the source of each package outside ours that one of these modules belongs to.

    Raises:
        TypeError: a module has no source, such as that of a notebook.
    """
    packages = {module.partition(".")[0] for module in modules} - set(OURS)
    return {package: _digest(package) for package in sorted(packages)}


def _digest(package: str) -> str:
    digest = hashlib.sha256()
    for path in _sources(package):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(package: str) -> list[Path]:
    loaded = sys.modules.get(package)
    paths = getattr(loaded, "__path__", None)
    file = getattr(loaded, "__file__", None)
    if loaded is None and (spec := find_spec(package)) is not None:
        paths, file = spec.submodule_search_locations, spec.origin
    if paths:
        return sorted(path for root in paths for path in Path(root).rglob("*.py"))
    if file is None or not Path(file).is_file():
        raise TypeError(f"the code of {package!r} has no file")
    return [Path(file)]
