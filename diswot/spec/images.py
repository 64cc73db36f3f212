"""What a training set is called; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from diswot.spec.option import AUTO, Option, complete
from diswot.spec.source import Sourced

SOURCES: dict[str, str] = {
    "digits": "1,797 handwritten digits of scikit-learn, 8 x 8 pixels; no data needed",
    "folder:PATH": "an image folder with parts such as train and test, one sub-folder for each class, as ImageNet's",
    "idx:PATH": "a folder with idx pairs of images and labels, such as Fashion-MNIST",
    "cifar:PATH": "the folder of CIFAR-10 or CIFAR-100 files as torchvision keeps them",
    "hf:PATH": "a data set that the library datasets of Hugging Face has saved to a local folder",
}
"""How training sets are written, with a line on each."""

AUGMENTATIONS = ("none", "crop", "crop-flip", "trivial")
"""How training images are varied: not at all, cropped at random, mirrored too, and by one more random operation."""
FLIPPED = ("folder", "cifar", "hf")
"""Kinds of training sets whose mirror images are still of their class; digits are not."""


def _augmentation(spec: DataSpec) -> str:
    return "crop-flip" if spec.kind in FLIPPED else "crop"


@dataclass(frozen=True, slots=True)
class DataSpec(Sourced):
    """Which images a student is trained and judged on.

    The validation images are taken out of the training images, balanced over the classes; the test images are their
    own part of the data set, or are taken out likewise where it has none.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    source: Annotated[str, Option(f"Images to train on: {', '.join(SOURCES)}.", flag="data")] = "digits"
    augmentation: Annotated[
        str,
        Option(
            "How training images are varied.",
            choices=AUGMENTATIONS,
            derive=_augmentation,
            default="crop-flip, or crop for digits and idx files",
        ),
    ] = AUTO
    valid_share: Annotated[
        float, Option("Share of the training images that the best epoch is chosen on.", above=0, maximum=1)
    ] = 0.1
    train_images: Annotated[
        int | None,
        Option("Number of training images to use, validation included; drawn by seed.", 2, 10**9, default="all"),
    ] = None
    skip_corrupt: Annotated[
        bool, Option("Whether images that cannot be decoded are left out instead of ending the job.")
    ] = False
    data_workers: Annotated[
        int, Option("Processes that prepare images beside the one that trains; results are the same.", 0, 256)
    ] = 0

    def __post_init__(self) -> None:
        """Raise `UnknownName` or `InputError` for what no training set can be."""
        self.check_source("data", SOURCES)
        complete(self)
