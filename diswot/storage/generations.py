"""Two generations of one file, each with a checksum: one is always whole, however and whenever the process ends."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from diswot.errors import UnreadableData
from diswot.storage.atomic import atomic_write

SLOTS = 2
_HEAD = re.compile(rb"diswot ([0-9]+) ([0-9a-f]{64})\n")


class Generations:
    """The newest content of a name in a folder, and the one before it.

    Args:
        folder: that exists.
        name: of the files, in front of `.0` and `.1`.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.paths = [folder / f"{name}.{slot}" for slot in range(SLOTS)]

    def write(self, content: bytes) -> None:
        """Keep a further content in the place of the older one.

        Raises:
            OSError: that cannot be done; both generations are as before.
        """
        number = 1 + max((number for number, _ in self._whole()), default=0)
        head = f"diswot {number} {_digest(number, content)}\n".encode()
        atomic_write(self.paths[number % SLOTS], head + content)

    def read(self) -> bytes | None:
        """The newest content that is what was written; `None` where nothing was.

        Raises:
            UnreadableData: there are files, and none of them is whole.
        """
        whole = self._whole()
        if whole:
            return max(whole)[1]
        if found := [path for path in self.paths if path.exists()]:
            raise UnreadableData(f"{str(found[0])!r} is damaged and cannot be resumed from: start again elsewhere")
        return None

    def remove(self) -> None:
        """Delete both generations."""
        for path in self.paths:
            path.unlink(missing_ok=True)

    def _whole(self) -> list[tuple[int, bytes]]:
        """The contents that are whole, each with its number."""
        return [found for found in map(_read, self.paths) if found is not None]


def _read(path: Path) -> tuple[int, bytes] | None:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    head = _HEAD.match(found)
    content = found[head.end() :] if head else b""
    if head is None or _digest(int(head[1]), content) != head[2].decode():
        return None
    return int(head[1]), content


def _digest(number: int, content: bytes) -> str:
    return hashlib.sha256(b"%d\n" % number + content).hexdigest()
