"""Images to train on: decoded, varied and put into batches by seed, from any point of an epoch on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from diswot.data.augment import Transform, is_small, judging_transform
from diswot.data.images import MODES, ImageSet
from diswot.errors import InputError, UnreadableData
from diswot.seeds import derive_seed, stream
from diswot_spaces import Shape

Key = tuple[int, int]
"""The number of an image's variation, and the image's own."""


class Batch(NamedTuple):
    """Images `(N, C, H, W)` uint8, their labels `(N,)` int64, and their numbers `(N,)` int64 in their set."""

    images: Tensor
    labels: Tensor
    indices: Tensor


@dataclass(frozen=True)
class LabelledImages:
    """Images of one part of a data set, with their labels.

    Small images are decoded once, to the size that networks take; large ones whenever they are asked for.

    Attributes:
        source: what decodes them.
        items: the images as the source knows them.
        labels: `(n,)` int64.
        shape: channels, height, width that networks take.
        pixels: `(n, C, H, W)` uint8 of small images.
    """

    source: ImageSet[Any]
    items: Sequence[Any]
    labels: Tensor
    shape: Shape
    pixels: Tensor | None

    def __len__(self) -> int:
        return len(self.items)

    def image(self, i: int) -> Tensor:
        """Image number i, `(C, H, W)` uint8; a small one in the size that networks take.

        Raises:
            UnreadableData: the file is damaged; the message names it.
        """
        return self.source.decode(self.items[i], self.shape[0]) if self.pixels is None else self.pixels[i]

    def batches(self, size: int) -> Iterator[Batch]:
        """All images in order, as networks are judged on them."""
        transform = judging_transform(*self.shape[1:])
        for start in range(0, len(self), size):
            indices = torch.arange(start, min(start + size, len(self)))
            images = torch.stack([transform(self.image(i)) for i in indices.tolist()])
            yield Batch(images, self.labels[indices], indices)

    def subset(self, indices: Tensor) -> LabelledImages:
        """Some of the images, in the order given."""
        items = [self.items[i] for i in indices.tolist()]
        pixels = None if self.pixels is None else self.pixels[indices]
        return LabelledImages(self.source, items, self.labels[indices], self.shape, pixels)


def gather(source: ImageSet[Any], shape: Shape, first: int, *, skip_corrupt: bool = False) -> LabelledImages:
    """The images of a data set with labels from 0 on; small ones are decoded here.

    Args:
        source: the data set.
        shape: channels, height, width that networks take.
        first: label that becomes class 0; EMNIST's letters, for one, are counted from 1.
        skip_corrupt: whether images that cannot be decoded are left out; each is decoded once to find out.

    Raises:
        UnreadableData: an image is damaged, or none of a class is left.
    """
    if shape[0] not in MODES:
        raise InputError(f"{source.title} gives images of 1 or 3 channels, the networks take {shape[0]}")
    pairs = [(item, label - first) for label, items in sorted(source.classes.items()) for item in items]
    pixels: list[Tensor] = []
    small = is_small(*shape[1:])
    if small or skip_corrupt:
        pairs, pixels = _decoded(source, pairs, shape, skip_corrupt=skip_corrupt, keep=small)
    found = {label for _, label in pairs}
    if lost := [label for label in source.classes if label - first not in found]:
        raise UnreadableData(f"{source.title} has no readable image of class {class_name(source, lost[0])}")
    labels = torch.tensor([label for _, label in pairs])
    return LabelledImages(source, [item for item, _ in pairs], labels, shape, torch.stack(pixels) if small else None)


def class_name(source: ImageSet[Any], label: int) -> str:
    """What a class is called, for messages."""
    return repr(source.names[label]) if label < len(source.names) else str(label)


def _decoded(
    source: ImageSet[Any], pairs: list[tuple[Any, int]], shape: Shape, *, skip_corrupt: bool, keep: bool
) -> tuple[list[tuple[Any, int]], list[Tensor]]:
    """The pairs that can be decoded, and their pixels where they are to be kept."""
    good, pixels = [], []
    for item, label in pairs:
        try:
            decoded = _resized(source.decode(item, shape[0]), shape) if keep else source.decode(item, shape[0])
        except UnreadableData:
            if not skip_corrupt:
                raise
            continue
        good.append((item, label))
        if keep:
            pixels.append(decoded)
    return good, pixels


def _resized(image: Tensor, shape: Shape) -> Tensor:
    """An image `(C, H, W)` uint8 in the size that networks take."""
    if tuple(image.shape) == tuple(shape):
        return image
    array = image.squeeze(0).numpy() if shape[0] == 1 else image.permute(1, 2, 0).numpy()
    resized = np.array(Image.fromarray(array).resize((shape[2], shape[1]), Image.Resampling.BILINEAR))
    return torch.from_numpy(resized).reshape(shape[1], shape[2], -1).permute(2, 0, 1)


def split_off(images: LabelledImages, share: float, seed: int) -> tuple[LabelledImages, LabelledImages]:
    """The images less a share of each class drawn by seed, one of each at least, and that share.

    Raises:
        InputError: a class has too few.
    """
    rest: list[int] = []
    taken: list[int] = []
    for label in torch.nonzero(images.labels.bincount()).flatten().tolist():
        own = torch.nonzero(images.labels == label).flatten().numpy()
        stream(seed, "split", label).shuffle(own)
        count = max(1, round(share * len(own)))
        if count >= len(own):
            name = class_name(images.source, label)
            raise InputError(
                f"class {name} of {images.source.title} has {len(own)} images, too few to validate on {share:g} of them"
            )
        taken += own[:count].tolist()
        rest += own[count:].tolist()
    return images.subset(torch.tensor(sorted(rest))), images.subset(torch.tensor(sorted(taken)))


def draw_some(source: ImageSet[Any], count: int | None, seed: int) -> ImageSet[Any]:
    """So many of the images, drawn by seed with the classes in equal shares; all of them where no count is given.

    No image is decoded for that.
    """
    labels = np.array([label for label in sorted(source.classes) for _ in source.classes[label]])
    if count is None or count >= len(labels):
        return source
    order = stream(seed, "subset").permutation(len(labels))
    place = np.zeros(len(labels), dtype=np.int64)
    seen: dict[int, int] = {}
    for i in order.tolist():  # Each image's place among the drawn ones of its class.
        place[i] = seen[labels[i]] = seen.get(labels[i], -1) + 1
    chosen = np.sort(order[np.argsort(place[order], kind="stable")][:count])
    items = [item for label in sorted(source.classes) for item in source.classes[label]]
    classes = {label: [items[i] for i in chosen if labels[i] == label] for label in sorted(source.classes)}
    return replace(source, classes={label: found for label, found in classes.items() if found})


class VariedImages(Dataset[tuple[Tensor, int, int]]):
    """Images in any of their variations: number and image decide what is drawn, and nothing else does."""

    def __init__(self, images: LabelledImages, transform: Transform, seed: int) -> None:
        self.images, self.transform, self.seed = images, transform, seed

    def __getitem__(self, key: Key) -> tuple[Tensor, int, int]:
        variation, i = key
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(self.seed, "variation", variation, i))
            return self.transform(self.images.image(i)), int(self.images.labels[i]), i


class EpochOrder(Sampler[list[Key]]):
    """The batches of an epoch, from one of them on; an epoch is a function of seed and number.

    Args:
        count: number of images n; the images of a last batch that is not full are left out, where others are full.
        size: of a batch.
        seed: of the order.
        epoch: number of the epoch.
        start: number of the first batch.
        variations: of each image, used one after another; `None` for a new one in each epoch.
    """

    def __init__(
        self, count: int, size: int, *, seed: int, epoch: int, start: int = 0, variations: int | None = None
    ) -> None:
        self.count, self.size, self.seed, self.epoch, self.start = count, size, seed, epoch, start
        self.variation = epoch if variations is None else epoch % variations

    def __len__(self) -> int:
        return max(1, self.count // self.size) - self.start

    def __iter__(self) -> Iterator[list[Key]]:
        order = stream(self.seed, "order", self.epoch).permutation(self.count).tolist()
        for number in range(self.start, self.start + len(self)):
            yield [(self.variation, i) for i in order[number * self.size : (number + 1) * self.size]]


def epoch_batches(images: VariedImages, order: EpochOrder, workers: int = 0) -> Iterator[Batch]:
    """The batches of an epoch in that order; they do not depend on the number of worker processes.

    Raises:
        UnreadableData: an image is damaged; the message names it.
    """
    loader: DataLoader[Any] = DataLoader(
        images,
        batch_sampler=order,
        num_workers=workers,
        collate_fn=_collated,
        generator=torch.Generator(),  # Else each epoch would draw from the global one.
    )
    try:
        yield from loader
    except UnreadableData as error:
        said = str(error).splitlines()[-1]  # Behind the trace of a worker process, if there is one.
        raise UnreadableData(said.partition(f"{UnreadableData.__name__}: ")[2] or said) from error


def _collated(items: list[tuple[Tensor, int, int]]) -> Batch:
    images, labels, indices = zip(*items, strict=True)
    return Batch(torch.stack(images), torch.tensor(labels), torch.tensor(indices))
