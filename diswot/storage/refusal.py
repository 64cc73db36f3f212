"""What keeps a file from being written, in words."""

from __future__ import annotations

import errno
from pathlib import Path
from tempfile import TemporaryFile

REASONS = {
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the quota is used up",
}

NO_ROOM = {errno.EROFS, errno.ENOSPC, errno.EDQUOT}
"""What a disk says that takes no more."""

BLOCK = bytes(4096)
"""What a file system must have room for."""


def reason(error: OSError) -> str:
    """Why an operation on a file failed.

    Example:
        >>> reason(OSError(errno.EROFS, "Read-only file system"))
        'the file system is read-only'
    """
    return REASONS.get(error.errno or 0) or error.strerror or type(error).__name__


def obstacle(folder: Path) -> str | None:
    """What keeps files out of a folder that need not exist yet; `None` where one could be written.

    A file is written to find out, and is gone at once: permissions alone say nothing of a file system that is
    read-only or full.
    """
    home = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not home.is_dir():
        return f"{str(home)!r} is a file, not a folder"
    try:
        with TemporaryFile(dir=home, buffering=0) as file:
            file.write(BLOCK)
    except OSError as error:
        return f"{reason(error)} in {str(home)!r}"
    return None
