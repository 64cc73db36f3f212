"""What a probe batch is called; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from diswot.spec.option import Option, complete
from diswot.spec.source import Sourced

PROBES: dict[str, str] = {
    "dead-leaves": "dead leaves drawn by seed, like natural images in their statistics; no data needed",
    "noise": "white noise drawn by seed; no data needed",
    "folder:PATH": "an image folder, one sub-folder for each class",
    "idx:PATH": "a folder with an idx pair of images and labels, such as Fashion-MNIST",
    "cifar:PATH": "the folder of CIFAR-10 or CIFAR-100 files as torchvision keeps them",
}
"""How probes are written, with a line on each."""

SEEDED = tuple(form for form in PROBES if ":" not in form)
"""Probes that need no data; the first is the default."""

DTYPES = ("float32", "bfloat16")
"""What networks can compute in, as torch names it."""


@dataclass(frozen=True, slots=True)
class ProbeSpec(Sourced):
    """Which images the networks are observed on, and in which numbers.

    Scores by more images than the default rank alike (docs/speed.md), and cost more. bfloat16 is faster where the
    processor has it, and ranks alike; the same seed then gives other scores.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    source: Annotated[
        str,
        Option(
            f"Images that networks are observed on: {', '.join(PROBES)}; leaves and noise need no data.", flag="probe"
        ),
    ] = SEEDED[0]
    size: Annotated[int, Option("Number of images in the probe batch.", 2, 4_096, flag="probe-size")] = 16
    dtype: Annotated[str, Option("Number format that the networks compute in.", choices=DTYPES)] = DTYPES[0]

    def __post_init__(self) -> None:
        """Raise `UnknownName` or `InputError` for what no probe can be."""
        complete(self)
        self.check_source("probe", PROBES)
