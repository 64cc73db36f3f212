"""Checkpoints of a search in its folder: what a killed search goes on from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from diswot.errors import DiswotError, InputError, StorageError, UnreadableData
from diswot.proxies import get_score
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.search import SearchSpec
from diswot.storage.checkpoint import CheckpointWriter, damaged, read_content
from diswot.storage.lock import LOCK, hold
from diswot.storage.refusal import reason

CHECKPOINT = "checkpoint.json"
RESULT = "result.json"
VERSION = 2
"""Of the content: raised when it changes."""

T = TypeVar("T")

_SPEC, _COMPUTE = TypeAdapter(SearchSpec), TypeAdapter(ComputeSpec)


@contextmanager
def checkpoints(folder: Path, search: Search, compute: ComputeSpec) -> Iterator[CheckpointWriter]:
    """Keep checkpoints of a search inside the block, from now on; at its end the search must be on file.

    Where the search fails before anything is measured, it leaves nothing behind.

    Raises:
        InputError: another process works in the folder.
    """
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with hold(folder / LOCK) as held:
            if not held:
                raise InputError(f"another process searches in {str(folder)!r}")
            with _kept(folder / CHECKPOINT, search, compute) as writer:
                yield writer
    except DiswotError:
        if made:
            with suppress(OSError):  # It is not empty: something was measured.
                folder.rmdir()
        raise


@contextmanager
def _kept(path: Path, search: Search, compute: ComputeSpec) -> Iterator[CheckpointWriter]:
    writer = checkpoint_writer(path, search, compute)
    try:
        writer.write()
    except OSError as error:
        raise StorageError(f"the search cannot be kept in {str(path.parent)!r}: {reason(error)}") from error
    try:
        yield writer
    except DiswotError:
        if not (search.reference or search.evaluations):
            path.unlink()
        raise
    path.unlink()


def checkpoint_writer(path: Path, search: Search, compute: ComputeSpec) -> CheckpointWriter:
    """Writes the state of a search to a file, with what it was asked and where it computes."""
    return CheckpointWriter(path, lambda: _content(search, compute), VERSION)


def _content(search: Search, compute: ComputeSpec) -> dict[str, Any]:
    return {
        "spec": _SPEC.dump_python(search.spec, mode="json"),
        "compute": _COMPUTE.dump_python(compute, mode="json"),
        "score_version": get_score(search.spec.score).version,
        "state": search.to_json(),
    }


def read_checkpoint(folder: Path) -> tuple[Search, ComputeSpec]:
    """The search that was interrupted, as it was at its last checkpoint, and where it computed.

    Raises:
        UnreadableData: there is no checkpoint, it is damaged, of another version, or the search is finished.
        InputError: something that the search needs is no longer there.
    """
    path = folder / CHECKPOINT
    if (
        folder / RESULT
    ).exists() and not path.exists():  # With both it was killed before it was through with its files.
        raise UnreadableData(f"the search in {str(folder)!r} is finished, there is nothing to resume: see {RESULT}")
    try:
        content = read_content(path, VERSION)
    except FileNotFoundError:
        raise UnreadableData(f"there is no search to resume in {str(folder)!r}: it has no {CHECKPOINT}") from None
    spec, compute = _validated(_SPEC, content["spec"], path), _validated(_COMPUTE, content["compute"], path)
    version = get_score(spec.score).version
    if content["score_version"] != version:
        raise UnreadableData(
            f"the search in {str(folder)!r} began with version {content['score_version']} of score {spec.score!r}; "
            f"this diswot computes version {version}"
        )
    spec.check()
    spec.check()
    search = Search(spec)
    search.restore(content["state"])
    return search, compute


def _validated(adapter: TypeAdapter[T], value: Any, path: Path) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        cause = error.errors()[0].get("ctx", {}).get("error")
        raise (cause if isinstance(cause, InputError) else damaged(path)) from None
