"""Idx pairs: the files of MNIST and EMNIST, and of Fashion-MNIST as Debian's `dataset-fashion-mnist` has them.

The format: two zero bytes, the type (8 for unsigned bytes), the number of dimensions, each dimension as four bytes with
the high one first, then the values (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diswot.data.images import ImageSet
from diswot.errors import InputError, UnreadableData

PARTS = ("train", "t10k", "test")
"""Which images to take, the first that is there."""

IMAGES = re.compile(rf"(.*-)?({'|'.join(PARTS)})-images[-.]idx3-ubyte(\.gz)?")

BELOW = ("raw", "*/raw")
"""Where torchvision keeps its pairs, below the root that it is given."""


class Pair(NamedTuple):
    """The two files of a part of a data set."""

    part: str
    images: Path
    labels: Path


def idx_pair(path: Path) -> ImageSet[int]:
    """The images of `train-images-idx3-ubyte` with `train-labels-idx1-ubyte`, or else those of `t10k` or `test`.

    A dot may stand before `idx`, the files may be gzipped, and something may stand in front of the part, as in
    `emnist-letters-train-images-idx3-ubyte.gz`.

    Args:
        path: the folder that holds the pair, torchvision's root above it, or the file of the images.

    Raises:
        UnreadableData: a missing or damaged file, or images and labels that do not belong together.
        InputError: there are several data sets.
    """
    return _image_set(_pair(path), path)


def idx_parts(path: Path) -> tuple[ImageSet[int], ImageSet[int] | None]:
    """The images of the training pair, and those of the test pair beside it, if there is one.

    Raises:
        UnreadableData: as `idx_pair`.
        InputError: there are several data sets.
    """
    first = _pair(path)
    stem = first.images.name.partition(first.part)[0]
    beside = [pair for pair in _pairs([first.images.parent]) if pair.images.name.startswith(f"{stem}{pair.part}")]
    test = next((pair for pair in beside if pair.part in PARTS[1:]), None)
    tests = None if first.part != PARTS[0] or test is None else _image_set(test, path)
    return _image_set(first, path), tests


def _image_set(pair: Pair, path: Path) -> ImageSet[int]:
    images, labels = read_idx(pair.images, 3), read_idx(pair.labels, 1)
    if not len(images) == len(labels) > 0:
        raise UnreadableData(
            f"{str(pair.images)!r} and {pair.labels.name!r} are no pair: {len(images)} images, {len(labels)} labels"
        )
    classes = {int(label): np.flatnonzero(labels == label).tolist() for label in np.unique(labels)}
    return ImageSet(f"the {pair.part} idx pair in", path, classes, lambda i: Image.fromarray(images[i]))


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes in an idx file, gzipped if its name ends in `.gz`.

    Raises:
        UnreadableData: the file is missing, damaged, or of other values or dimensions.
    """
    try:
        packed = path.read_bytes()
        data = gzip.decompress(packed) if path.suffix == ".gz" else packed
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableData(f"{str(path)!r} cannot be read: {error}") from error
    start = 4 + 4 * dimensions
    if len(data) < start or data[:4] != bytes((0, 0, 8, dimensions)):
        raise UnreadableData(f"{str(path)!r} is not an idx file of unsigned bytes in {dimensions} dimensions")
    sizes = struct.unpack(f">{dimensions}I", data[4:start])
    if prod(sizes) != len(data) - start:
        raise UnreadableData(
            f"{str(path)!r} is damaged: it announces {' x '.join(map(str, sizes))} bytes and has {len(data) - start}"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(sizes)


def _pair(path: Path) -> Pair:
    """The pair to read: the first part of the only data set that is there."""
    if not path.exists():
        raise UnreadableData(f"idx folder {str(path)!r} does not exist")
    if path.is_file():
        found = [pair for pair in [_pair_of(path)] if pair]
    else:
        places = [[path], *(sorted(path.glob(place)) for place in BELOW)]
        found = next(filter(None, map(_pairs, places)), [])
    if not found:
        raise UnreadableData(
            f"{str(path)!r} holds no idx pair: none of {', '.join(PARTS)} has both PART-images-idx3-ubyte and "
            "PART-labels-idx1-ubyte, .gz or not"
        )
    best = min(PARTS.index(pair.part) for pair in found)
    first, *others = (pair for pair in found if pair.part == PARTS[best])
    if others:
        names = ", ".join(pair.images.name for pair in (first, *others))
        raise InputError(f"{str(path)!r} holds several idx pairs; name the images of one of them: {names}")
    return first


def _pairs(folders: list[Path]) -> list[Pair]:
    """The whole pairs in some folders."""
    files = sorted(file for folder in folders if folder.is_dir() for file in folder.iterdir())
    return [pair for pair in map(_pair_of, files) if pair]


def _pair_of(images: Path) -> Pair | None:
    """The pair that a file of images belongs to; the labels may be gzipped where the images are not."""
    match = IMAGES.fullmatch(images.name)
    if match is None:
        return None
    stem = f"{match[1] or ''}{match[2]}-labels"
    names = (f"{stem}{mark}idx1-ubyte{end}" for mark in "-." for end in ("", ".gz"))
    labels = next((images.with_name(name) for name in names if images.with_name(name).is_file()), None)
    return None if labels is None else Pair(match[2], images, labels)
