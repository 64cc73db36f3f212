"""Memory: how much there is, and freed memory that stays with the process."""

import ctypes
import math
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psutil

from diswot.runtime.groups import control_groups

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's `mallopt(3)`."""
MAPPED_FROM = 2**25
"""Blocks from this size are the kernel's own; glibc takes no larger limit."""
KEPT_BYTES = 2**30


@cache
def keep_freed_memory() -> None:
    """Let the C library keep up to a gigabyte of freed memory instead of giving it back to the kernel.

    A forward pass frees and allocates the same few maps over and over; each time that their pages come anew from the
    kernel costs as much as computing on them. Elsewhere than with glibc nothing happens.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, MAPPED_FROM)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def total_memory(root: Path = Path("/")) -> int:
    """Bytes of memory of this machine, or of the container that this process runs in.

    Args:
        root: of the file system, where `proc` and `sys` are looked for.
    """
    limits = (limit for limit, _ in _limits(root))
    return int(min(psutil.virtual_memory().total, *limits, math.inf))


def free_memory(root: Path = Path("/")) -> int:
    """Bytes of memory that this process can still take without swapping."""
    left = (max(0, limit - used) for limit, used in _limits(root))
    return int(min(psutil.virtual_memory().available, *left, math.inf))


def _limits(root: Path) -> Iterator[tuple[int, int]]:
    """What each control group may take and has taken; files that are kept in memory count as free."""
    for group in control_groups("memory", root):
        for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            try:
                most, taken = ((group / name).read_text(encoding="utf-8").strip() for name in (limit, used))
                if most != "max":
                    yield int(most), int(taken) - _kept_files(group)
            except (OSError, ValueError):
                continue


def _kept_files(group: Path) -> int:
    lines = (group / "memory.stat").read_text(encoding="utf-8").splitlines()
    counts = dict(line.split() for line in lines)
    return int(counts.get("inactive_file", 0))
