"""The probe batch: seeded noise, or real images of the user's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from diswot.probes.spec import PROBES, SEEDED, ProbeSpec
from search_spaces import Shape

if TYPE_CHECKING:
    from diswot.probes.batch import ProbeBatch

LOADERS: dict[str, str] = {
    "leaves": "diswot.probes.leaves:dead_leaves",
    "noise": "diswot.probes.noise:white_noise",
    "folder": "diswot.probes.folder:image_folder",
    "idx": "diswot.probes.idx:idx_pair",
    "cifar": "diswot.probes.cifar:cifar_files",
}
"""For each kind of `PROBES`, what loads it, as `module:function`; imported when a probe is loaded.

It is called with the path, where the kind has one, the number of images, the class count, the input shape and the seed.
"""


def load_probe(spec: ProbeSpec, num_classes: int, shape: Shape, seed: int) -> ProbeBatch:
    """The probe batch of a specification, drawn by seed, balanced over its classes, normalised, in its dtype.

    Args:
        spec: which images, how many.
        num_classes: classes of the networks; images of more classes than that are refused, of fewer are not.
        shape: channels, height, width that the networks take.
        seed: of the draw.

    Raises:
        UnreadableData: missing, damaged or mixed files.
        InputError: images that do not fit the networks, or are too few.
    """
    import torch

    module, function = LOADERS[spec.kind].split(":")
    load: Callable[..., ProbeBatch] = getattr(import_module(module), function)
    where = () if spec.path is None else (spec.path,)
    return load(*where, spec.size, num_classes, shape, seed).to("cpu", getattr(torch, spec.dtype))


__all__ = ["PROBES", "SEEDED", "ProbeSpec", "load_probe"]
