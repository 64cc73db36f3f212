"""Real images from an idx pair: the files of MNIST, and of Fashion-MNIST as Debian's `dataset-fashion-mnist` has them.

The format: two zero bytes, the type (8 for unsigned bytes), the number of dimensions, each dimension as four bytes with
the high one first, then the values (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diswot.errors import UnreadableData
from diswot.probes.batch import ProbeBatch
from diswot.probes.draw import ImageSet, draw
from diswot.seeds import derive_seed
from search_spaces import Shape

PARTS = ("train", "t10k")
"""Which images to take, the first that is there."""


def idx_pair(path: Path, size: int, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """A probe out of `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, or else the `t10k` pair, `.gz` or not.

    The images are grey; for networks of three channels the one channel is repeated.

    Args:
        path: the folder that holds the pair.
        size: number of images N.
        num_classes: classes of the networks.
        shape: channels, height, width that the networks take.
        seed: which images are drawn.

    Raises:
        UnreadableData: a missing or damaged file, or images and labels that do not belong together.
        InputError: too few images, or images that do not fit the networks.
    """
    part, images_file, labels_file = _find(path)
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    if not len(images) == len(labels) > 0:
        raise UnreadableData(
            f"{str(images_file)!r} and {labels_file.name!r} are no pair: {len(images)} images, {len(labels)} labels"
        )
    classes = {int(label): np.flatnonzero(labels == label).tolist() for label in np.unique(labels)}
    return draw(
        ImageSet(f"the {part} idx pair in", path, classes, lambda i: Image.fromarray(images[i])),
        size,
        num_classes,
        shape,
        derive_seed(seed, "probe", "idx"),
    )


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


def _find(path: Path) -> tuple[str, Path, Path]:
    """Which part is there, its images and its labels."""
    if not path.is_dir():
        raise UnreadableData(f"idx folder {str(path)!r} does not exist or is not a folder")
    for part in PARTS:
        pair = [_file(path, f"{part}-{name}-ubyte") for name in ("images-idx3", "labels-idx1")]
        if pair[0] and pair[1]:
            return part, pair[0], pair[1]
    raise UnreadableData(
        f"{str(path)!r} holds no idx pair: neither {PARTS[0]}-images-idx3-ubyte with {PARTS[0]}-labels-idx1-ubyte "
        f"nor the {PARTS[1]} ones, .gz or not"
    )


def _file(path: Path, name: str) -> Path | None:
    return next((file for file in (path / name, path / f"{name}.gz") if file.is_file()), None)
