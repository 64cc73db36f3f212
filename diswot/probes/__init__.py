"""The probe batch: seeded noise, or real images of the user's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from diswot.seeds import derive_seed
from diswot.spec.probe import ProbeSpec
from diswot_spaces import Shape

if TYPE_CHECKING:
    from diswot.probes.batch import ProbeBatch

GENERATORS: dict[str, str] = {
    "dead-leaves": "diswot.probes.dead_leaves:dead_leaves",
    "noise": "diswot.probes.noise:white_noise",
}
"""For each seeded kind of `PROBES`, its generator as `module:function`; imported when a probe is made.

It is called with the number of images, the class count, the input shape and the seed. Of the other kinds, `diswot.data`
has the readers.
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

    if spec.path is None:
        module, function = GENERATORS[spec.kind].split(":")
        generate: Callable[..., ProbeBatch] = getattr(import_module(module), function)
        probe = generate(spec.size, num_classes, shape, seed)
    else:
        from diswot.data import read_images
        from diswot.probes.draw import draw

        images = read_images(spec.kind, spec.path)
        probe = draw(images, spec.size, num_classes, shape, derive_seed(seed, "probe", spec.kind))
    return probe.to("cpu", getattr(torch, spec.dtype))


__all__ = ["load_probe"]
