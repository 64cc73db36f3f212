"""Locks between processes, which end with the process that holds them, however it ends."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = ".lock"
"""Name of the lock of a folder."""

NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What file systems without locks say."""


@contextmanager
def hold(path: Path, seconds: float = 0.0) -> Iterator[bool]:
    """Hold a lock inside the block; `False` where another process has held it for so many seconds.

    Where the file system has no locks, nobody is kept out.

    Args:
        path: of the lock's file, which is gone when the block ends; its folder is made where it is missing.
        seconds: to wait; by default, nobody is waited for.
    """
    lock = FileLock(path, timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        yield True
        return
    try:
        yield True
    finally:
        with suppress(OSError):  # Windows deletes no open file, and the empty file stays.
            path.unlink(missing_ok=True)  # While it is held: whoever waits for the old file finds that it has no name.
        lock.release()
