"""Logits of the teacher, kept on disk for some variations of each training image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diswot.distillation.distillers.base import Outputs
from diswot.distillation.objective import Objective


class TeacherLogits:
    """A table of logits `(variations, n, K)` in half precision, filled as they are asked for.

    A variation of an image is a function of seed, variation and image (`VariedImages`), so that nothing of crops and
    flips needs to be kept beside. A training in which a row is computed takes the same rounded numbers as one that
    finds it: where the table came from changes no weight.

    Args:
        path: of the file; a second one beside it tells which rows are known.
        variations: of each image; epoch e trains on variation e modulo that.
        images: n.
        num_classes: K.
    """

    def __init__(self, path: Path, variations: int, images: int, num_classes: int) -> None:
        self.variations = variations
        self._logits = _table(path, np.float16, (variations, images, num_classes))
        self._known = _table(path.with_suffix(".known"), np.uint8, (variations, images))

    def look(self, objective: Objective, images: Tensor, indices: Tensor, variation: int) -> Outputs:
        """The teacher's logits of a batch.

        Args:
            objective: whose teacher is asked where a row is not known.
            images: `(N, C, H, W)` of that variation.
            indices: `(N,)` numbers of the images.
            variation: its number.
        """
        rows = indices.cpu().numpy()
        if not self._known[variation, rows].all():
            self._logits[variation, rows] = objective.look(images).logits.half().cpu().numpy()
            self._known[variation, rows] = 1
        found = torch.from_numpy(self._logits[variation, rows]).float()
        return Outputs(found.to(images.device))


def _table(
    path: Path, dtype: type[np.generic], shape: tuple[int, ...]
) -> np.memmap[tuple[int, ...], np.dtype[np.generic]]:
    bytes_needed = int(np.prod(shape)) * np.dtype(dtype).itemsize
    fits = path.exists() and path.stat().st_size == bytes_needed
    return np.memmap(path, dtype, "r+" if fits else "w+", shape=shape)
