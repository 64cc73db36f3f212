"""Data sets with their parts: images to train on, and images to test on where the data set has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from diswot.data.images import ImageSet
from diswot.errors import InputError

TESTS = ("test", "testing", "val", "valid", "validation")
"""Folders of test images beside the training images, the first that is there; ImageNet's are called val."""
TRAININGS = ("train", "training")
HELD_OUT = 5
"""Of a data set without test images, the last of every so many images of a class are held out as such."""


@dataclass(frozen=True, slots=True)
class Splits:
    """The parts of a data set.

    Attributes:
        train: images to train and validate on.
        test: images of the same classes, looked at once.
    """

    train: ImageSet[Any]
    test: ImageSet[Any]


def read_splits(kind: str, path: Path | None) -> Splits:
    """The parts of a data set, none of their images decoded yet.

    Args:
        kind: of `diswot.spec.images.SOURCES`.
        path: where it is.

    Raises:
        UnreadableData: missing or damaged files, files of another kind, or a class without images.
        InputError: the parts have different classes.
    """
    train, test = _KINDS[kind](path)
    return Splits(*hold_out(train)) if test is None else Splits(train, _aligned(train, test))


def hold_out(images: ImageSet[Any]) -> tuple[ImageSet[Any], ImageSet[Any]]:
    """The images less every fifth of each class, and those."""
    for label, items in images.classes.items():
        if len(items) < HELD_OUT:
            raise InputError(
                f"{images.title} has no test images, and class {_name(images, label)} with {len(items)} images is too "
                f"small to hold out every {HELD_OUT}th; add a folder 'test', or images"
            )
    rest = {label: [x for i, x in enumerate(items, 1) if i % HELD_OUT] for label, items in images.classes.items()}
    held = {label: items[HELD_OUT - 1 :: HELD_OUT] for label, items in images.classes.items()}
    return replace(images, classes=rest), replace(images, classes=held)


def _aligned(train: ImageSet[Any], test: ImageSet[Any]) -> ImageSet[Any]:
    """The test images under the labels that their classes have among the training images."""
    known = {_name(train, label): label for label in train.classes}
    for label in test.classes:
        if _name(test, label) not in known:
            raise InputError(f"{test.title} has the class {_name(test, label)}, which {train.title} has not")
    classes = {known[_name(test, label)]: items for label, items in test.classes.items()}
    return replace(test, classes=classes, names=train.names)


def _name(images: ImageSet[Any], label: int) -> str:
    return repr(images.names[label] if images.names else label)


def _folder(path: Path) -> tuple[ImageSet[Any], ImageSet[Any] | None]:
    from diswot.data.folder import image_folder

    inside = {one.name.lower(): one for one in sorted(path.iterdir()) if one.is_dir()} if path.is_dir() else {}
    train = next((inside[name] for name in TRAININGS if name in inside), None)
    test = next((inside[name] for name in TESTS if name in inside), None)
    if train is None:
        return image_folder(path), None
    return image_folder(train), None if test is None else image_folder(test)


def _idx(path: Path) -> tuple[ImageSet[Any], ImageSet[Any] | None]:
    from diswot.data.idx import idx_parts

    return idx_parts(path)


def _cifar(path: Path) -> tuple[ImageSet[Any], ImageSet[Any]]:
    from diswot.data.cifar import cifar_files

    return cifar_files(path), cifar_files(path, train=False)


def _digits(_: Path | None) -> tuple[ImageSet[Any], None]:
    from diswot.data.digits import digits

    return digits(), None


def _hugging_face(path: Path) -> tuple[ImageSet[Any], ImageSet[Any] | None]:
    from diswot.data.hugging_face import saved_dataset

    return saved_dataset(path)


_KINDS: dict[str, Callable[[Any], tuple[ImageSet[Any], ImageSet[Any] | None]]] = {
    "folder": _folder,
    "idx": _idx,
    "cifar": _cifar,
    "digits": _digits,
    "hf": _hugging_face,
}
