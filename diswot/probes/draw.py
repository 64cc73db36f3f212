"""Drawing a class-balanced, normalised probe batch out of labelled images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from diswot.data.images import MODES, ImageSet, Item
from diswot.errors import InputError, UnreadableData
from diswot.probes.batch import Normalization, ProbeBatch
from diswot_spaces import Shape


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
    first = _first_class(images, labels, num_classes)
    available = [len(images.classes[label]) for label in labels]
    _check_size(images, size, available)
    generator = torch.Generator().manual_seed(seed)
    places = balanced_labels(size, len(labels), generator, available)
    decks = [iter(torch.randperm(count, generator=generator).tolist()) for count in available]
    chosen = [images.classes[labels[place]][next(decks[place])] for place in places.tolist()]
    _check_sides(images, chosen, shape)
    pixels = torch.stack([images.decode(item, shape[0]) for item in chosen])
    normalised, by = _normalise(pixels, images.title)
    return ProbeBatch(
        normalised,
        torch.tensor(labels)[places] - first,
        f"{size} images of {len(set(places.tolist()))} classes from {images.what} {images.path.resolve().name!r}",
        by,
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


def _first_class(images: ImageSet[Item], labels: Sequence[int], num_classes: int) -> int:
    """The label that is class 0: 0 where the labels fit, or the first of labels that are counted from another one.

    EMNIST's letters, for one, are labelled from 1 to 26.
    """
    if labels[-1] < num_classes:
        return 0
    if len(labels) <= num_classes and labels[-1] - labels[0] + 1 == len(labels):
        return labels[0]
    found = f"{len(labels)} classes" if labels[-1] + 1 == len(labels) else f"labels up to {labels[-1]}"
    raise InputError(
        f"{images.title} has {found}, more than the {num_classes} classes that the networks tell apart; "
        f"ask for {labels[-1] + 1} classes"
    )


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
        with images.opened(item) as image:
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


def _normalise(pixels: Tensor, title: str) -> tuple[Tensor, Normalization]:
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
    if bool((pixels == pixels[0]).all()):
        raise InputError(f"{title} gave the same picture {len(pixels)} times; a probe needs images that differ")
    mean, std = (torch.tensor(values, dtype=torch.float64)[:, None, None] for values in (means, stds))
    by = Normalization(tuple(one / 255 for one in means), tuple((one or 1.0) / 255 for one in stds))
    return ((pixels - mean) / torch.where(std > 0, std, 1.0)).float(), by
