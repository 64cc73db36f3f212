"""The CIFAR files that torchvision keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.datasets import CIFAR10, CIFAR100

from diswot.data.images import ImageSet, check_is_folder
from diswot.errors import InputError, UnreadableData

DATASETS: dict[str, type[CIFAR10]] = {"CIFAR-10": CIFAR10, "CIFAR-100": CIFAR100}


def cifar_files(path: Path, *, train: bool = True) -> ImageSet[int]:
    """The training images, or the test images, in `cifar-10-batches-py` or `cifar-100-python` (its 100 fine classes).

    The files are pickles, which can run code when they are read. They are read only after torchvision has found the
    MD5 sum of each to be that of the published file; nothing is downloaded.

    Args:
        path: torchvision's root, which holds one of the two folders, or that folder itself.
        train: whether the training images are wanted.

    Raises:
        UnreadableData: no such folder, or a file that is missing or not the published one.
        InputError: both folders are there.
    """
    check_is_folder(path, "CIFAR folder")
    name, root = _find(path.resolve())
    dataset = DATASETS[name]
    try:
        files = dataset(str(root), train=train, download=False)
    except RuntimeError as error:
        raise UnreadableData(
            f"{str(root / dataset.base_folder)!r} is incomplete or damaged: not every file has the MD5 sum of {name}"
        ) from error
    labels = np.asarray(files.targets)
    classes = {int(label): np.flatnonzero(labels == label).tolist() for label in np.unique(labels)}
    part = "training" if train else "test"
    return ImageSet(f"the {name} {part} set in", root, classes, lambda i: Image.fromarray(files.data[i]), files.classes)


def _find(path: Path) -> tuple[str, Path]:
    """Which CIFAR is there, and the folder above its files."""
    folders = {name: dataset.base_folder for name, dataset in DATASETS.items()}
    for name, folder in folders.items():
        if path.name == folder and path.is_dir():
            return name, path.parent
    found = [name for name, folder in folders.items() if (path / folder).is_dir()]
    if not found:
        raise UnreadableData(f"{str(path)!r} holds no CIFAR files: no folder {' or '.join(folders.values())}")
    if len(found) > 1:
        raise InputError(
            f"{str(path)!r} holds both CIFAR-10 and CIFAR-100; name the folder {' or '.join(folders.values())}"
        )
    return found[0], path
