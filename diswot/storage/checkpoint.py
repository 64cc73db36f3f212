"""Checkpoints: what a killed process goes on from, one JSON document on file with a checksum over its content."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diswot.errors import UnreadableData
from diswot.storage.atomic import atomic_write

SHARE = 0.05
"""Of a process's time that writing checkpoints may take."""


class CheckpointWriter:
    """Writes a checkpoint when called, unless the last one was costly and not long ago.

    Args:
        path: of the file.
        content: what to keep, as JSON values.
        version: of the content's form.
        clock: seconds.
    """

    def __init__(
        self,
        path: Path,
        content: Callable[[], dict[str, Any]],
        version: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._content, self._version, self._clock = path, content, version, clock
        self._written, self._cost = clock(), 0.0
        self.missed: OSError | None = None
        """Why the last checkpoint could not be written, if it could not."""

    def __call__(self) -> bool:
        """Keep the content; returns that the work goes on, even where there is no room for a checkpoint."""
        if self._clock() - self._written >= self._cost / SHARE:
            try:
                self.write()
            except OSError as error:
                self.missed = error
        return True

    def write(self) -> None:
        """Keep the content, whatever that costs."""
        start = self._clock()
        text = json.dumps(self._content())
        document = f'{{"version": {self._version}, "sha256": "{_digest(text)}", "content": {text}}}\n'
        atomic_write(self._path, document)
        self._written, self.missed = self._clock(), None
        self._cost = self._written - start


def read_content(path: Path, version: int) -> dict[str, Any]:
    """The content of a checkpoint, if it is what was written.

    Raises:
        FileNotFoundError: there is none.
        UnreadableData: it is damaged, or of another version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found, digest, content = document["version"], document["sha256"], document["content"]
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableData(f"{str(path)!r} cannot be read: {error}") from None
    except (KeyError, TypeError, ValueError):
        raise damaged(path) from None
    if found != version:
        raise UnreadableData(f"{str(path)!r} has version {found!r}; this diswot continues version {version}")
    if not isinstance(content, dict) or _digest(json.dumps(content)) != digest:
        raise damaged(path)
    return content


def damaged(path: Path) -> UnreadableData:
    """The error about a checkpoint that is not what was written."""
    return UnreadableData(f"{str(path)!r} is damaged and cannot be resumed from: start again in another folder")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
