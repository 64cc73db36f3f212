"""Independent random streams out of one seed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def derive_seed(seed: int, *parts: object) -> int:
    """A 63-bit seed that depends on `seed` and on every part, equal on every machine and in every process."""
    text = "\x1f".join(map(str, (seed, *parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def stream(seed: int, *parts: object) -> np.random.Generator:
    """A numpy generator for the stream of that seed and those parts."""
    import numpy as np

    return np.random.default_rng(derive_seed(seed, *parts))
