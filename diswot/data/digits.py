"""The handwritten digits that scikit-learn brings along."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from diswot.data.images import ImageSet


def digits() -> ImageSet[int]:
    """1,797 grey images of 8 x 8 pixels in 10 classes, of the test set of Alpaydin and Kaynak (UCI, 1998)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    levels = np.round(found.images * (255 / 16)).astype(np.uint8)  # 0 to 16 in the file
    classes = {label: np.flatnonzero(found.target == label).tolist() for label in range(10)}
    names = [str(label) for label in range(10)]
    return ImageSet("scikit-learn's", Path("digits"), classes, lambda i: Image.fromarray(levels[i]), names)
