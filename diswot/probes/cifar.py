"""Real images from the CIFAR files that torchvision keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.datasets import CIFAR10, CIFAR100

from diswot.errors import InputError, UnreadableData
from diswot.probes.batch import ProbeBatch
from diswot.probes.draw import ImageSet, draw
from diswot.seeds import derive_seed
from search_spaces import Shape

DATASETS: dict[str, type[CIFAR10]] = {"CIFAR-10": CIFAR10, "CIFAR-100": CIFAR100}


def cifar_files(path: Path, size: int, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """A probe out of the training images in `cifar-10-batches-py` or `cifar-100-python` (its 100 fine classes).

    The files are pickles, which can run code when they are read. They are read only after torchvision has found the
    MD5 sum of each to be that of the published file; nothing is downloaded.

    Args:
        path: torchvision's root, which holds one of the two folders, or that folder itself.
        size: number of images N.
        num_classes: classes of the networks.
        shape: channels, height, width that the networks take.
        seed: which images are drawn.

    Raises:
        UnreadableData: no such folder, or a file that is missing or not the published one.
        InputError: both folders are there, too few images, or images that do not fit the networks.
    """
    name, root = _find(path.resolve())
    dataset = DATASETS[name]
    try:
        files = dataset(str(root), train=True, download=False)
    except RuntimeError as error:
        raise UnreadableData(
            f"{str(root / dataset.base_folder)!r} is incomplete or damaged: not every file has the MD5 sum of {name}"
        ) from error
    labels = np.asarray(files.targets)
    classes = {int(label): np.flatnonzero(labels == label).tolist() for label in np.unique(labels)}
    return draw(
        ImageSet(f"the {name} training set in", root, classes, lambda i: Image.fromarray(files.data[i])),
        size,
        num_classes,
        shape,
        derive_seed(seed, "probe", "cifar"),
    )


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
