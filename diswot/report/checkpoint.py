"""Checkpoints of a search in its folder: what a killed search goes on from."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from diswot.errors import DiswotError, InputError, UnreadableData
from diswot.proxies import get_score
from diswot.recommend import Compute
from diswot.report.whole import write_whole
from diswot.search.run import Search
from diswot.search.spec import SearchSpec

CHECKPOINT = "checkpoint.json"
RESULT = "result.json"
VERSION = 1
"""Of the file: raised when it changes."""
SHARE = 0.05
"""Of a search's time that writing checkpoints may take: a long search does not write one after every batch."""

T = TypeVar("T")

_SPEC, _COMPUTE = TypeAdapter(SearchSpec), TypeAdapter(Compute)


class Keeper:
    """Writes a checkpoint when called, unless the last one was costly and not long ago.

    Args:
        path: of the file.
        search: whose state is kept.
        compute: where it computes.
        clock: seconds.
    """

    def __init__(
        self, path: Path, search: Search, compute: Compute, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path, self.search, self.compute, self.clock = path, search, compute, clock
        self._written, self._cost = clock(), 0.0

    def __call__(self) -> bool:
        """Keep the state; returns that the search goes on."""
        if self.clock() - self._written >= self._cost / SHARE:
            self.write()
        return True

    def write(self) -> None:
        """Keep the state, whatever that costs."""
        start = self.clock()
        spec = self.search.spec
        content = {
            "spec": _SPEC.dump_python(spec, mode="json"),
            "compute": _COMPUTE.dump_python(self.compute, mode="json"),
            "score_version": get_score(spec.score).version,
            "state": self.search.state(),
        }
        text = json.dumps(content)
        document = f'{{"version": {VERSION}, "sha256": "{_digest(text)}", "content": {text}}}\n'
        write_whole(self.path, lambda file: file.write(document))
        self._written = self.clock()
        self._cost = self._written - start


@contextmanager
def checkpoints(folder: Path, search: Search, compute: Compute) -> Iterator[Keeper]:
    """Keep checkpoints of a search inside the block, from now on; at its end the search must be on file.

    Where the search fails before anything is measured, it leaves nothing behind.

    Raises:
        InputError: another process works in the folder.
    """
    path, made = folder / CHECKPOINT, not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        keeper = Keeper(path, search, compute)
        keeper.write()
        try:
            yield keeper
        except DiswotError:
            if not (search.reference or search.measurements):
                path.unlink()
                if made:
                    with suppress(OSError):
                        folder.rmdir()
            raise
        path.unlink()


def read_checkpoint(folder: Path) -> tuple[Search, Compute]:
    """The search that was interrupted, as it was at its last checkpoint, and where it computed.

    Raises:
        UnreadableData: there is no checkpoint, it is damaged, of another version, or the search is finished.
        InputError: something that the search needs is no longer there.
    """
    path = folder / CHECKPOINT
    if (folder / RESULT).exists():
        raise UnreadableData(f"the search in {str(folder)!r} is finished, there is nothing to resume: see {RESULT}")
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise UnreadableData(f"there is no search to resume in {str(folder)!r}: it has no {CHECKPOINT}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableData(f"{str(path)!r} cannot be read: {error}") from None
    content = _content(path, text)
    spec, compute = _validated(_SPEC, content["spec"], path), _validated(_COMPUTE, content["compute"], path)
    version = get_score(spec.score).version
    if content["score_version"] != version:
        raise UnreadableData(
            f"the search in {str(folder)!r} began with version {content['score_version']} of score {spec.score!r}; "
            f"this diswot computes version {version}"
        )
    search = Search(spec)
    search.restore(content["state"])
    return search, compute


def _content(path: Path, text: str) -> dict[str, Any]:
    """What a checkpoint holds, if it is what was written."""
    try:
        document = json.loads(text)
        version, digest, content = document["version"], document["sha256"], document["content"]
    except (KeyError, TypeError, ValueError):
        raise _damaged(path) from None
    if version != VERSION:
        raise UnreadableData(f"{str(path)!r} has version {version!r}; this diswot continues version {VERSION}")
    if not isinstance(content, dict) or _digest(json.dumps(content)) != digest:
        raise _damaged(path)
    return content


def _validated(adapter: TypeAdapter[T], value: Any, path: Path) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        cause = error.errors()[0].get("ctx", {}).get("error")
        raise (cause if isinstance(cause, InputError) else _damaged(path)) from None


def _damaged(path: Path) -> UnreadableData:
    return UnreadableData(f"{str(path)!r} is damaged, the search cannot go on: start it again in another folder")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other processes; the lock ends with the process, however that ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # Where the file system has no locks, nobody is kept out.
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(f"another process searches in {str(folder)!r}") from None
        yield
    finally:
        os.close(handle)
