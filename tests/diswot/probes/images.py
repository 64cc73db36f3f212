"""Image sets made of tensors."""

from pathlib import Path

from PIL import Image
from torch import Tensor

from diswot.data.images import ImageSet


def images_of(pixels: Tensor) -> ImageSet[int]:
    """Pictures `(N, 3, H, W)` uint8, each a class of its own."""
    return ImageSet(
        "pictures", Path("nowhere"), {i: [i] for i in range(len(pixels))},
        lambda i: Image.fromarray(pixels[i].permute(1, 2, 0).numpy()),
    )  # fmt: skip
