"""Readers of image data sets: each gives an `ImageSet`, of which nothing is decoded yet."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diswot.data.images import ImageSet

READERS: dict[str, str] = {
    "folder": "diswot.data.folder:image_folder",
    "idx": "diswot.data.idx:idx_pair",
    "cifar": "diswot.data.cifar:cifar_files",
}
"""For each kind of data set, its reader as `module:function` of a path; imported when a data set is read."""


def read_images(kind: str, path: Path) -> ImageSet[Any]:
    """The images of a data set, none of them decoded yet.

    Args:
        kind: one of `READERS`.
        path: where the data set is.

    Raises:
        UnreadableData: missing or damaged files, or files of another kind.
        InputError: more than one data set is there.
    """
    module, function = READERS[kind].split(":")
    read: Callable[[Path], ImageSet[Any]] = getattr(import_module(module), function)
    return read(path)


__all__ = ["READERS", "read_images"]
