"""Freed memory that stays with the process."""

import ctypes
import sys
from functools import cache

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
