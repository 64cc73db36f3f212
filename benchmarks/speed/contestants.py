"""Who is timed: the published algorithm, ours in every executor and dtype, and other proxies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.speed.as_published import PUBLISHED, AsPublished
from benchmarks.speed.published_networks import check_teacher
from diswot.errors import InputError, UnknownName
from diswot.evaluation import Measurer, prepare
from diswot.probes import load_probe
from diswot.recommend import measurer_of
from diswot.runtime.cores import core_count
from diswot.spec.compute import ComputeSpec
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from search_spaces import get_space

SPACE = "nasbench201"
PUBLISHED_BY, OURS = "as published", "ours"
DISWOT, DEFAULT = "diswot", "default"

SCORES = (*PUBLISHED, DEFAULT)
"""Who can be timed: as published, and `diswot` and `default` as ours."""


@dataclass(frozen=True, slots=True)
class ThroughputSpec:
    """One throughput benchmark.

    Attributes:
        architectures: of NAS-Bench-201, drawn by seed, each another function.
        rounds: times that each contestant scores each architecture.
        batch: images in the probe, except for the default score, which brings its own settings.
        teacher: a CIFAR ResNet by name, or `nasbench201:ARCH`.
        classes: of the task.
        threads: of every contestant, and workers of every pool; by default one for each core.
        seed: of the architectures, the probe and the weights.
        device: where networks run, as torch names it.
        ray: whether a Ray cluster of this machine takes part.
        scores: who is timed, out of `SCORES`.
    """

    architectures: int = 16
    rounds: int = 3
    batch: int = 64
    teacher: str = "resnet56"
    classes: int = 10
    threads: int | None = None
    seed: int = 0
    device: str = "cpu"
    ray: bool = False
    scores: tuple[str, ...] = SCORES

    def __post_init__(self) -> None:
        """Check everything before work starts.

        Raises:
            InputError: with one sentence.
        """
        for name, most in (("architectures", 1000), ("rounds", 100)):
            if not 1 <= getattr(self, name) <= most:
                raise InputError(f"{name} must be from 1 to {most}, not {getattr(self, name)}")
        if not 1 <= self.cores <= core_count():
            raise InputError(f"threads must be from 1 to the {core_count()} cores, not {self.cores}")
        if self.seed < 0:
            raise InputError(f"seed must be a whole number from 0, not {self.seed}")
        ProbeSpec(size=self.batch)
        TeacherSpec(self.teacher, self.classes)
        for name in self.scores:
            if name not in SCORES:
                raise UnknownName("score", name, SCORES)
        if DISWOT in self.scores:
            check_teacher(self.teacher)
        ComputeSpec("serial", device=self.device)

    @property
    def cores(self) -> int:
        """Threads of every contestant."""
        return core_count() if self.threads is None else self.threads


@dataclass(frozen=True)
class Contestant:
    """A row of the table.

    Attributes:
        by: `"as published"` or `"ours"`.
        score: name of the proxy or score.
        dtype: of the networks.
        batch: images in the probe.
        executor: one of `diswot.executors.EXECUTORS`.
        workers: processes.
        threads: of each of them.
        case: what scores an architecture.
        prepared: seconds that were spent once, before the first architecture.
        narrow: whether it has fewer threads than the others on purpose.
    """

    by: str
    score: str
    dtype: str
    batch: int
    executor: str
    workers: int
    threads: int
    case: Measurer | AsPublished
    prepared: float = 0.0
    narrow: bool = False

    @property
    def measurer(self) -> Measurer:
        """The case of one of ours.

        Raises:
            TypeError: it is a published proxy.
        """
        if not isinstance(self.case, Measurer):
            raise TypeError(f"{self.score} as published is no measurer")
        return self.case

    @property
    def profiled(self) -> bool:
        """Whether its time is broken down: the published algorithm's, and ours in one process with all threads."""
        if self.by == PUBLISHED_BY:
            return self.score == DISWOT
        return self.executor == "serial" and not self.narrow


def contestants(spec: ThroughputSpec) -> Iterator[Contestant]:
    """All that is asked for, ready to score; the published algorithm is the first."""
    teacher = TeacherSpec(spec.teacher, spec.classes)
    probe = load_probe(ProbeSpec(size=spec.batch), spec.classes, teacher.in_shape, spec.seed)
    plain = replace(probe, images=probe.images.to(spec.device).contiguous(), labels=probe.labels.to(spec.device))
    for proxy in filter(spec.scores.__contains__, PUBLISHED):
        published = AsPublished(proxy, spec.teacher, spec.classes, plain)
        yield Contestant(PUBLISHED_BY, proxy, "float32", spec.batch, "serial", 1, spec.cores, published)
    dtypes = (torch.float32, torch.bfloat16) if native_bfloat16(spec.device) else (torch.float32,)
    for dtype in dtypes if DISWOT in spec.scores else ():
        start = time.perf_counter()
        measurer = prepare(
            get_space(SPACE), teacher, probe.to(spec.device, dtype), [DISWOT], seed=spec.seed, initialisations=1,
        )  # fmt: skip
        yield from _ours(spec, DISWOT, measurer, time.perf_counter() - start)
    if DEFAULT in spec.scores:
        start = time.perf_counter()
        measurer = measurer_of(SearchSpec(teacher, SPACE, DEFAULT, seed=spec.seed, student_inits=1), spec.device)
        yield from _ours(spec, DEFAULT, measurer, time.perf_counter() - start)


def _ours(spec: ThroughputSpec, score: str, measurer: Measurer, prepared: float) -> Iterator[Contestant]:
    """A measurer in this process with all threads and with one, and in the executors, whose workers have one each."""
    images = measurer.probe.images
    dtype = str(images.dtype).removeprefix("torch.")

    def row(executor: str, workers: int, threads: int, *, narrow: bool = False) -> Contestant:
        return Contestant(
            OURS, score, dtype, len(images), executor, workers, threads, measurer, prepared, narrow=narrow
        )

    yield row("serial", 1, spec.cores)
    if spec.cores > 1:
        yield row("serial", 1, 1, narrow=True)
    if images.device.type == "cpu":
        yield row("processes", spec.cores, 1)
        if spec.ray:
            yield row("ray", spec.cores, 1)


def native_bfloat16(device: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the device multiplies bfloat16 itself; a processor that does not say so does not."""
    if torch.device(device).type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next(
        (line.partition(":")[2].split() for line in lines if line.lower().startswith(("flags", "features"))), []
    )
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(flags)
