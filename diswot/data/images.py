"""Labelled images of a data set."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from diswot.errors import UnreadableData

Item = TypeVar("Item")

MODES = {1: "L", 3: "RGB"}
"""How an image is decoded for networks of that many channels."""

BROKEN = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""What the decoders raise for a damaged file."""

ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar")


@dataclass(frozen=True)
class ImageSet(Generic[Item]):
    """Labelled images, none of them decoded yet.

    Attributes:
        what: of what kind they are, such as `"the image folder"`.
        path: where they are.
        classes: for each label, its images; no class is empty.
        open: gives one of them as a PIL image, which may decode itself later.
        names: what the classes are called, by their labels, where they are called something.
    """

    what: str
    path: Path
    classes: Mapping[int, Sequence[Item]]
    open: Callable[[Item], Image.Image]
    names: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What and where, for messages."""
        return f"{self.what} {str(self.path)!r}"

    @contextmanager
    def opened(self, item: Item) -> Iterator[Image.Image]:
        """The image, for a block that may decode it.

        Raises:
            UnreadableData: the file is damaged: whatever goes wrong in the block is its fault.
        """
        try:
            with self.open(item) as image:
                yield image
        except BROKEN as error:
            reason = "" if isinstance(error, UnidentifiedImageError) else f": {error}"
            raise UnreadableData(f"{str(item)!r} is not a readable image{reason}") from error

    def decode(self, item: Item, channels: int) -> Tensor:
        """The pixels `(C, H, W)` uint8 of an image: grey for one channel, colour for three.

        Raises:
            UnreadableData: the file is damaged.
        """
        with self.opened(item) as image:
            pixels = np.array(image.convert(MODES[channels]))
        return torch.from_numpy(pixels).reshape(*pixels.shape[:2], -1).permute(2, 0, 1)


def check_is_folder(path: Path, what: str) -> None:
    """Raise `UnreadableData` unless there is a folder.

    Args:
        path: where it shall be.
        what: it is, such as `"image folder"`.
    """
    if path.is_dir():
        return
    if not path.exists():
        raise UnreadableData(f"{what} {str(path)!r} does not exist")
    archive = path.suffix.lower() in ARCHIVES
    raise UnreadableData(
        f"{what} {str(path)!r} is "
        + ("an archive; unpack it, and name the folder" if archive else "a file, not a folder")
    )
