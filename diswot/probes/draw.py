"""Drawing a class-balanced, normalised probe batch out of labelled images."""

from __future__ import annotations

import math
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

from diswot.errors import InputError, UnreadableData
from diswot.probes.batch import ProbeBatch
from search_spaces import Shape

Item = TypeVar("Item")

MODES = {1: "L", 3: "RGB"}
"""How an image is decoded for networks of that many channels."""

BROKEN = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""What the decoders raise for a damaged file."""


@dataclass(frozen=True)
class ImageSet(Generic[Item]):
    """Labelled images, none of them decoded yet.

    Attributes:
        what: of what kind they are, such as `"the image folder"`.
        path: where they are.
        classes: for each label, its images; no class is empty.
        open: gives one of them as a PIL image, which may decode itself later.
    """

    what: str
    path: Path
    classes: Mapping[int, Sequence[Item]]
    open: Callable[[Item], Image.Image]

    @property
    def title(self) -> str:
        """What and where, for messages."""
        return f"{self.what} {str(self.path)!r}"


def draw(images: ImageSet[Item], size: int, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """Draw, decode and normalise `size` images, balanced over the classes; no other image is decoded.

    Grey images become colour ones, and the other way round, as the networks take three channels or one. Nothing is
    resized or cropped. Pixels are scaled to mean zero and standard deviation one in each channel of the batch itself.

    Args:
        images: where to draw from.
        size: number of images N; where there are more classes, N of them are drawn.
        num_classes: classes of the networks, at least as many as the images have.
        shape: channels, height, width that the networks take.
        seed: of this draw.

    Raises:
        UnreadableData: an image is damaged, or the images are of mixed sizes.
        InputError: the images are too few, or do not fit the networks.
    """
    if shape[0] not in MODES:
        raise InputError(f"{images.title} gives images of 1 or 3 channels, the networks take {shape[0]}")
    labels = sorted(images.classes)
    if labels[-1] >= num_classes:
        raise InputError(
            f"{images.title} has {labels[-1] + 1} classes, more than the {num_classes} that the networks tell apart"
        )
    available = [len(images.classes[label]) for label in labels]
    _check_size(images, size, available)
    generator = torch.Generator().manual_seed(seed)
    places = balanced_labels(size, len(labels), generator, available)
    decks = [iter(torch.randperm(count, generator=generator).tolist()) for count in available]
    chosen = [images.classes[labels[place]][next(decks[place])] for place in places.tolist()]
    _check_sides(images, chosen, shape)
    pixels = torch.stack([_decode(images, item, MODES[shape[0]]) for item in chosen])
    return ProbeBatch(
        _normalise(pixels, images.title),
        torch.tensor(labels)[places],
        f"{size} images of {len(set(places.tolist()))} classes from {images.what} {images.path.resolve().name!r}",
    )


def balanced_labels(
    size: int, num_classes: int, generator: torch.Generator, available: Sequence[int] | None = None
) -> Tensor:
    """`(size,)` int64 labels in which the counts of any two classes differ by at most one, in random order.

    Args:
        size: number of labels N.
        num_classes: labels are drawn from `range(num_classes)`.
        generator: decides which classes come once more than others, and the order.
        available: how often each label can be given, enough for a balanced draw; `None` for without end.
    """
    each, rest = divmod(size, num_classes)
    order = torch.randperm(num_classes, generator=generator)
    spare = order if available is None else order[torch.tensor(available)[order] > each]
    labels = torch.cat([order.repeat(each), spare[:rest]])
    return labels[torch.randperm(size, generator=generator)]


def _check_size(images: ImageSet[Item], size: int, available: Sequence[int]) -> None:
    """Refuse a size at which some class would have to give more images than it has."""
    scarce = min(available)
    most = scarce * len(available) + sum(count > scarce for count in available)
    if size > most:
        raise InputError(
            f"a balanced probe of {size} images cannot be drawn from {images.title}: {sum(available)} images of "
            f"{len(available)} classes, {scarce} in the smallest, give at most {most}"
        )


def _check_sides(images: ImageSet[Item], chosen: Sequence[Item], shape: Shape) -> None:
    """Refuse images of mixed sizes, or of another size than the networks take, before any is decoded."""
    sides: dict[tuple[int, int], Item] = {}
    for item in chosen:
        with _opened(images, item) as image:
            mode = image.mode
            sides.setdefault((image.height, image.width), item)
        if mode.startswith(("I", "F")):
            raise UnreadableData(f"{str(item)!r} has pixels of mode {mode!r}, only 8 bits a channel are read")
    if len(sides) > 1:
        (first, a), (second, b), *_ = ((f"{height} x {width}", item) for (height, width), item in sides.items())
        raise UnreadableData(
            f"{images.title} has images of mixed sizes: {str(a)!r} is {first} (height x width), {str(b)!r} is {second}"
        )
    ((height, width),) = sides
    if (height, width) != shape[1:]:
        raise InputError(
            f"{images.title} has images of {height} x {width} pixels (height x width), "
            f"the networks take {shape[1]} x {shape[2]}"
        )


def _decode(images: ImageSet[Item], item: Item, mode: str) -> Tensor:
    """One image as `(C, H, W)` uint8."""
    with _opened(images, item) as image:
        pixels = np.array(image.convert(mode))
    return torch.from_numpy(pixels).reshape(*pixels.shape[:2], -1).permute(2, 0, 1)


@contextmanager
def _opened(images: ImageSet[Item], item: Item) -> Iterator[Image.Image]:
    """The image, for a block that may decode it; what goes wrong there is the file's fault."""
    try:
        with images.open(item) as image:
            yield image
    except BROKEN as error:
        reason = "" if isinstance(error, UnidentifiedImageError) else f": {error}"
        raise UnreadableData(f"{str(item)!r} is not a readable image{reason}") from error


def _normalise(pixels: Tensor, title: str) -> Tensor:
    """`(N, C, H, W)` uint8 to float32 with mean 0 and standard deviation 1 (over n, not n - 1) in each channel.

    Both are computed from whole numbers, so that no machine rounds them differently. A channel in which all pixels are
    equal becomes zero.
    """
    levels = torch.arange(256)
    means, stds = [], []
    for channel in pixels.unbind(1):
        counts = torch.bincount(channel.flatten(), minlength=256)
        n, total, squares = channel.numel(), int((counts * levels).sum()), int((counts * levels**2).sum())
        means.append(total / n)
        stds.append(math.sqrt(n * squares - total * total) / n)
    if not any(stds):
        raise InputError(f"{title} gave {len(pixels)} images of one colour; a probe needs images that differ")
    mean, std = (torch.tensor(values, dtype=torch.float64)[:, None, None] for values in (means, stds))
    return ((pixels - mean) / torch.where(std > 0, std, 1.0)).float()
