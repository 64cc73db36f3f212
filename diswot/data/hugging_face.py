"""Data sets that the library `datasets` of Hugging Face has saved to a local folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diswot.data.images import ImageSet, check_is_folder
from diswot.errors import InputError, UnreadableData

TESTS = ("test", "validation")


def saved_dataset(path: Path) -> tuple[ImageSet[int], ImageSet[int] | None]:
    """The parts `train` and `test` of what `DatasetDict.save_to_disk` wrote; nothing is downloaded.

    The first column of type `Image` holds the images, the first of type `ClassLabel` their classes.

    Raises:
        InputError: the library is not installed.
        UnreadableData: the folder holds no such data set, or one without images or classes.
    """
    check_is_folder(path, "data set folder")
    try:
        from datasets import load_from_disk
    except ImportError as error:
        raise InputError(
            "data of Hugging Face need its library, which is not installed: pip install datasets"
        ) from error
    try:
        found: Any = load_from_disk(str(path))
    except (OSError, ValueError) as error:
        raise UnreadableData(f"{str(path)!r} holds no data set that save_to_disk wrote: {error}") from error
    parts: Mapping[str, Any] = found if isinstance(found, dict) else {"train": found}
    if "train" not in parts:
        raise UnreadableData(f"the data set in {str(path)!r} has no part 'train'; its parts are {', '.join(parts)}")
    test = next((parts[name] for name in TESTS if name in parts), None)
    return _images(parts["train"], "train", path), None if test is None else _images(test, "test", path)


def _images(part: Any, name: str, path: Path) -> ImageSet[int]:
    image = _column(part, "Image", path)
    label = _column(part, "ClassLabel", path)
    labels = np.asarray(part[label])
    classes = {int(one): np.flatnonzero(labels == one).tolist() for one in np.unique(labels)}
    names: list[str] = part.features[label].names
    return ImageSet(f"the part {name!r} of", path, classes, lambda i: part[int(i)][image].copy(), names)


def _column(part: Any, kind: str, path: Path) -> str:
    for name, feature in part.features.items():
        if type(feature).__name__ == kind:
            return str(name)
    raise UnreadableData(
        f"the data set in {str(path)!r} has no column of type {kind}; it has {', '.join(part.features)}"
    )
