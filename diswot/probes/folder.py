"""Real images from an image folder: one sub-folder for each class."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from diswot.errors import UnreadableData
from diswot.probes.batch import ProbeBatch
from diswot.probes.draw import ImageSet, draw
from diswot.seeds import derive_seed
from search_spaces import Shape

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


def image_folder(path: Path, size: int, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """A probe out of `path/CLASS/IMAGE`; the classes are the sub-folders in alphabetical order.

    Files with other endings and hidden names are passed over. Only the images drawn are opened. Images become RGB for
    networks of three channels and grey for networks of one.

    Args:
        path: the folder.
        size: number of images N.
        num_classes: classes of the networks.
        shape: channels, height, width that the networks take.
        seed: which images are drawn; where the folder lies makes no difference.

    Raises:
        UnreadableData: a missing or empty folder, one without class folders, damaged images, images of mixed sizes.
        InputError: too few images, or images that do not fit the networks.
    """
    if not path.is_dir():
        raise UnreadableData(f"image folder {str(path)!r} does not exist or is not a folder")
    try:
        classes = {label: _images(folder) for label, folder in enumerate(_class_folders(path))}
    except OSError as error:
        raise UnreadableData(f"image folder {str(path)!r} cannot be read: {error}") from error
    return draw(
        ImageSet("the image folder", path, classes, Image.open),
        size,
        num_classes,
        shape,
        derive_seed(seed, "probe", "folder"),
    )


def _class_folders(path: Path) -> list[Path]:
    folders = sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not folders:
        raise UnreadableData(f"image folder {str(path)!r} has no sub-folders; it needs one for each class")
    return folders


def _images(folder: Path) -> list[Path]:
    found = (e for e in folder.iterdir() if e.suffix.lower() in SUFFIXES and not e.name.startswith("."))
    images = sorted(found)
    if not images:
        raise UnreadableData(f"class folder {str(folder)!r} has no images; they end in {', '.join(SUFFIXES)}")
    return images
