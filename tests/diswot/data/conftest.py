"""Small image folders."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ImageFolder = Callable[..., Path]


@pytest.fixture
def image_folder(tmp_path: Path) -> ImageFolder:
    """Makes `tmp_path/images/CLASS/0.png, 1.png, ...` of seeded random pixels, with as many images as asked for."""

    def make(
        counts: dict[str, int], *, height: int = 6, width: int = 5, mode: str = "RGB", suffix: str = "png"
    ) -> Path:
        rng = np.random.default_rng(0)
        root = tmp_path / "images"
        for name, count in counts.items():
            (root / name).mkdir(parents=True, exist_ok=True)
            for i in range(count):
                pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
                Image.fromarray(pixels).convert(mode).save(root / name / f"{i}.{suffix}")
        return root

    return make
