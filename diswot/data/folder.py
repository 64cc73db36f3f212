"""Image folders: one sub-folder for each class."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from diswot.data.images import ImageSet, check_is_folder
from diswot.errors import UnreadableData

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")

SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")
"""Folders that hold the class folders of a part of a data set; the first that is there is read."""


def image_folder(path: Path) -> ImageSet[Path]:
    """The images under `path/CLASS`, at any depth, as torchvision's `ImageFolder` finds them.

    The classes are the sub-folders in alphabetical order. Where the sub-folders are parts of a data set, such as
    `train` and `val`, those of the first of `SPLITS` are read. Other files and hidden names are passed over.

    Raises:
        UnreadableData: a missing or empty folder, one without class folders, or a class without images.
    """
    check_is_folder(path, "image folder")
    try:
        folders = _class_folders(path)
        if split := _split(folders):
            path, folders = split, _class_folders(split)
        classes = [_images(folder) for folder in folders]
    except OSError as error:
        raise UnreadableData(f"image folder {str(path)!r} cannot be read: {error}") from error
    if len(folders) == 1:
        _check_single(path, folders[0], classes[0])
    return ImageSet("the image folder", path, dict(enumerate(classes)), Image.open, [one.name for one in folders])


def _class_folders(path: Path) -> list[Path]:
    folders = sorted(entry for entry in path.iterdir() if entry.is_dir() and not _is_hidden(entry.name))
    if not folders:
        raise UnreadableData(f"image folder {str(path)!r} has no sub-folders; it needs one for each class")
    return folders


def _split(folders: list[Path]) -> Path | None:
    """The part of a data set to read, where the folders are such parts rather than classes."""
    named = {folder.name.lower(): folder for folder in folders}
    parts = [named[name] for name in SPLITS if name in named]
    return parts[0] if len(parts) > 1 or len(parts) == len(folders) else None


def _images(folder: Path) -> list[Path]:
    images: list[Path] = []
    seen: set[str] = set()
    for where, folders, files in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(where)) in seen:  # Links may go round in circles.
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not _is_hidden(name)]
        found = (Path(where, name) for name in files if not _is_hidden(name))
        images += [file for file in found if file.suffix.lower() in SUFFIXES]
    if not images:
        raise UnreadableData(f"class folder {str(folder)!r} has no images; they end in {', '.join(SUFFIXES)}")
    return sorted(images)


def _check_single(path: Path, folder: Path, images: list[Path]) -> None:
    """Refuse a folder around the class folders in place of the only class."""
    inner = {image.relative_to(folder).parts[0] for image in images}
    if len(inner) > 1 and all((folder / name).is_dir() for name in inner):
        raise UnreadableData(
            f"image folder {str(path)!r} has the one class {folder.name!r}, whose images lie in {len(inner)} "
            f"sub-folders; if these are the classes, name {str(folder)!r}"
        )


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"  # What archives made on a Mac bring along.
