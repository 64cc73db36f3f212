"""Who is timed: the published algorithm, ours in every executor and dtype, and other proxies."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from diswot.evaluation import Evaluator, EvaluatorSpec
from diswot.probes import load_probe
from diswot.spec.probe import ProbeSpec
from diswot.spec.score import ScoreSpec
from diswot.spec.teacher import TeacherSpec
from diswot.workflow import build_evaluator
from diswot_benchmarks.speed.as_published import PUBLISHED, AsPublished
from diswot_benchmarks.speed.spec import DEFAULT, DISWOT, SPACE, ThroughputSpec
from diswot_spaces import get_space

PUBLISHED_BY, OURS = "as published", "ours"


@dataclass(frozen=True)
class Entrant:
    """A row of the table.

    Attributes:
        by: `"as published"` or `"ours"`.
        score: name of the proxy or score.
        dtype: of the networks.
        batch: images in the probe.
        executor: one of `diswot.spec.compute.EXECUTORS`.
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
    case: Evaluator | AsPublished
    prepared: float = 0.0
    narrow: bool = False


def entrants(spec: ThroughputSpec) -> Iterator[Entrant]:
    """All that is asked for, ready to score; the published algorithm is the first."""
    teacher = TeacherSpec(spec.teacher, spec.classes)
    probe = load_probe(ProbeSpec(size=spec.batch), spec.classes, teacher.in_shape, spec.seed)
    plain = replace(probe, images=probe.images.to(spec.device).contiguous(), labels=probe.labels.to(spec.device))
    for proxy in filter(spec.scores.__contains__, PUBLISHED):
        published = AsPublished(proxy, spec.teacher, spec.classes, plain)
        yield Entrant(PUBLISHED_BY, proxy, "float32", spec.batch, "serial", 1, spec.cores, published)
    dtypes = (torch.float32, torch.bfloat16) if native_bfloat16(spec.device) else (torch.float32,)
    for dtype in dtypes if DISWOT in spec.scores else ():
        start = time.perf_counter()
        ours = probe.to(spec.device, dtype)
        evaluator = EvaluatorSpec(get_space(SPACE), teacher, ours, (DISWOT,), spec.seed, teacher_inits=1).build()
        yield from _ours(spec, DISWOT, evaluator, time.perf_counter() - start)
    if DEFAULT in spec.scores:
        start = time.perf_counter()
        evaluator = build_evaluator(ScoreSpec(teacher, SPACE, DEFAULT, seed=spec.seed, student_inits=1), spec.device)
        yield from _ours(spec, DEFAULT, evaluator, time.perf_counter() - start)


def _ours(spec: ThroughputSpec, score: str, evaluator: Evaluator, prepared: float) -> Iterator[Entrant]:
    """An evaluator in this process with all threads and with one, and in the executors, whose workers have one each."""
    images = evaluator.probe.images
    dtype = str(images.dtype).removeprefix("torch.")
    whole = Entrant(OURS, score, dtype, len(images), "serial", 1, spec.cores, evaluator, prepared)
    yield whole
    if spec.cores > 1:
        yield replace(whole, threads=1, narrow=True)
    if images.device.type == "cpu":
        yield replace(whole, executor="processes", workers=spec.cores, threads=1)
        if spec.ray:
            yield replace(whole, executor="ray", workers=spec.cores, threads=1)


def native_bfloat16(device: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the device multiplies bfloat16 itself; a processor that does not say so does not."""
    if torch.device(device).type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = (_entry("flags", cpuinfo) or _entry("features", cpuinfo)).split()
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(flags)


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """What the processor calls itself."""
    return _entry("model name", cpuinfo) or platform.processor() or platform.machine()


def _entry(name: str, cpuinfo: Path) -> str:
    """What the system says of the first processor; nothing where it does not tell."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.lower().startswith(name)), "")
