"""Disks that are small, full or read-only: a file system of its own in a folder, where the machine allows it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def disk(folder: Path, size: str = "1m") -> Iterator[Path]:
    """A file system of `size` inside the block; the test is skipped where mounting is refused."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def make_read_only(folder: Path) -> None:
    """From now on nothing on this disk can be written."""
    _mount("-o", "remount,ro", str(folder))


def fill(folder: Path) -> Path:
    """Leave no room on this disk; returns the file that takes it all."""
    hog = folder / "hog"
    with hog.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return hog


def _mount(*words: str) -> None:
    try:
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"this machine mounts nothing: {done.stderr.strip()}")
