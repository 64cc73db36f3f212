"""The probe batch: seeded noise, or real images of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diswot.probes.spec import PROBES, ProbeSpec
from search_spaces import Shape

if TYPE_CHECKING:
    from diswot.probes.batch import ProbeBatch


def load_probe(spec: ProbeSpec, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """The probe batch of a specification, drawn by seed, balanced over its classes, normalised.

    Args:
        spec: which images, how many.
        num_classes: classes of the networks; images of more classes than that are refused.
        shape: channels, height, width that the networks take.
        seed: of the draw.

    Raises:
        UnreadableData: missing, damaged or mixed files.
        InputError: images that do not fit the networks.
    """
    from diswot.probes.noise import white_noise

    return white_noise(spec.size, num_classes, shape, seed)


__all__ = ["PROBES", "ProbeSpec", "load_probe"]
