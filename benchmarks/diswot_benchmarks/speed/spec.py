"""What a throughput benchmark is asked for; free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from diswot.errors import InputError, UnknownName
from diswot.runtime.cores import core_count
from diswot.spec.compute import ComputeSpec
from diswot.spec.option import Option, complete
from diswot.spec.probe import ProbeSpec
from diswot.spec.score import ScoreSpec
from diswot.spec.teacher import TeacherSpec

SPACE = "nasbench201"
DISWOT, DEFAULT = "diswot", "default"

TRAINING = "training-step"
"""What evaluations replace: one step of stochastic gradient descent on the batch."""

SCORES = (DISWOT, "nwot", "synflow", "zico", "params", TRAINING, DEFAULT)
"""Who can be timed: all but `default` as published, `diswot` and `default` as ours."""

RESNETS = tuple(f"resnet{depth}" for depth in (20, 32, 44, 56, 110))
"""Teachers of the published algorithm, beside those of NAS-Bench-201."""


@dataclass(frozen=True, slots=True)
class ThroughputSpec:
    """One throughput benchmark.

    Attributes:
        architectures: of NAS-Bench-201, drawn by seed, each another function.
        rounds: times that each entrant scores each architecture.
        batch: images in the probe, except for the default score, which brings its own settings.
        teacher: a CIFAR ResNet by name, or `nasbench201:ARCH`.
        classes: of the task.
        threads: of every entrant, and workers of every pool; by default one for each core.
        seed: of the architectures, the probe and the weights.
        device: where networks run, as torch names it.
        ray: whether a Ray cluster of this machine takes part.
        scores: who is timed, out of `SCORES`.
    """

    architectures: Annotated[
        int, Option(flag="archs", minimum=1, maximum=1_000, help="Architectures of NAS-Bench-201, drawn by seed.")
    ] = 16
    rounds: Annotated[
        int, Option(minimum=1, maximum=100, help="Times that every entrant scores each architecture.")
    ] = 3
    batch: Annotated[int, Option(minimum=2, help="Images in the probe; `default` brings a number of its own.")] = 64
    teacher: Annotated[str, Option(help="Teacher, a CIFAR ResNet or nasbench201:ARCH.")] = "resnet56"
    classes: Annotated[int, Option(minimum=2, help="Classes of the task.")] = 10
    threads: Annotated[
        int | None, Option(minimum=1, default="one for each core", help="Threads, and workers of pools.")
    ] = None
    seed: Annotated[int, Option(minimum=0, help="Seed of the architectures, the probe and the weights.")] = 0
    device: Annotated[str, Option(help="Device that networks run on: cpu, cuda or cuda:N.")] = "cpu"
    ray: bool = False
    scores: tuple[str, ...] = SCORES

    def __post_init__(self) -> None:
        """Check everything before work starts.

        Raises:
            InputError: with one sentence.
        """
        complete(self)
        if self.cores > core_count():
            raise InputError(f"threads must be at most the {core_count()} cores of this machine, not {self.cores}")
        ScoreSpec(TeacherSpec(self.teacher, self.classes), SPACE, probe=ProbeSpec(size=self.batch))
        for name in self.scores:
            if name not in SCORES:
                raise UnknownName("score", name, SCORES)
        if DISWOT in self.scores:
            check_teacher(self.teacher)
        ComputeSpec("serial", device=self.device)

    @property
    def cores(self) -> int:
        """Threads of every entrant."""
        return core_count() if self.threads is None else self.threads


def check_teacher(name: str) -> None:
    """Raise `InputError` for a teacher that is neither a CIFAR ResNet nor of NAS-Bench-201."""
    if name not in RESNETS and not name.startswith(f"{SPACE}:"):
        raise InputError(
            f"the published algorithm is measured with a teacher of {', '.join(RESNETS)} or nasbench201:ARCH, "
            f"not {name!r}"
        )
