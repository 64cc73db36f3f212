"""Packages outside the tree: a module, and what pip would have written beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest


def install(folder: Path, name: str, module: str, **groups: str) -> None:
    """Write the package `name` with its entry points: for each group, with `__` for its dot, lines `NAME = VALUE`."""
    (folder / f"{name}.py").write_text(dedent(module))
    meta = folder / f"{name}-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    sections = (f"[{group.replace('__', '.')}]\n{dedent(lines)}\n" for group, lines in groups.items())
    (meta / "entry_points.txt").write_text("\n".join(sections))


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let this process import what is in a folder, and forget it afterwards."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
