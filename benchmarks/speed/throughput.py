"""What a score costs: as published, ours, other proxies, and what the machine allows, side by side in one run."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from benchmarks.speed.contestants import DEFAULT, DISWOT, OURS, PUBLISHED_BY, SPACE, ThroughputSpec
from benchmarks.speed.roofline import roofline, traffic
from benchmarks.speed.timing import Rates, Report, Timed, draw, measure
from diswot.spec.compute import ComputeSpec
from search_spaces import CIFAR, Architecture
from search_spaces.nasbench201 import NASBench201


def run_throughput(spec: ThroughputSpec, report: Report) -> dict[str, Any]:
    """Time the published algorithm, ours, other proxies and the machine, and compare.

    Args:
        spec: what to measure.
        report: called as it goes.

    Returns:
        The document that docs/speed.md describes, as JSON values.

    Raises:
        DiswotError: an architecture could not be scored, or a process died.
    """
    load = os.getloadavg()[0]
    report("preparing", 0, 1)
    archs = draw(spec.architectures, spec.seed)
    found, rates = measure(spec, archs, report)
    return document(spec, archs, found, rates, load)


def document(
    spec: ThroughputSpec, archs: Sequence[Architecture], found: Sequence[Timed], rates: Rates, load: float
) -> dict[str, Any]:
    """The document of what was measured.

    Args:
        spec: what was asked.
        archs: the architectures.
        found: of every contestant.
        rates: of the machine.
        load: processes that wanted the machine before the benchmark began.
    """
    rooflines = {
        dtype: _roofline(spec, archs, rates, dtype, _whole(found, OURS, DISWOT, dtype)) for dtype in rates.flops
    }
    ours = _whole(found, OURS, DISWOT, "float32")
    published = _whole(found, PUBLISHED_BY, DISWOT)
    default = _whole(found, OURS, DEFAULT, executor=ComputeSpec().executor) or _whole(found, OURS, DEFAULT)
    return {
        "benchmark": "throughput",
        "ratio_float32": _ratio(published, ours),
        "ratio_bfloat16": _ratio(published, _whole(found, OURS, DISWOT, "bfloat16")),
        "ratio_default": _ratio(published, default),
        "roofline_share": rooflines["float32"]["share"] if "float32" in rooflines else None,
        "peak_rss_mib": None if ours is None else ours.peak,
        "rows": [_row(one, published) for one in found],
        "breakdown": {_title(one): one.shares for one in found if one.shares is not None},
        "roofline": rooflines,
        "protocol": _protocol(spec, archs, load),
    }


def _whole(
    found: Sequence[Timed], by: str, score: str, dtype: str | None = None, executor: str = "serial"
) -> Timed | None:
    """The contestant that has the machine to itself: by default one process with all threads."""
    for one in found:
        who = one.contestant
        if (who.by, who.score, who.executor, who.narrow) == (by, score, executor, False) and dtype in (None, who.dtype):
            return one
    return None


def _ratio(published: Timed | None, one: Timed | None) -> float | None:
    """How many times as long the published algorithm takes."""
    return None if published is None or one is None else published.seconds / one.seconds


def _title(one: Timed) -> str:
    return f"{one.contestant.score} {one.contestant.by}, {one.contestant.dtype}"


def _row(one: Timed, published: Timed | None) -> dict[str, Any]:
    who = one.contestant
    return {
        "by": who.by,
        "score": who.score,
        "dtype": who.dtype,
        "batch": who.batch,
        "executor": who.executor,
        "workers": who.workers,
        "threads": who.threads,
        "seconds_per_arch": one.seconds,
        "seconds_by_arch": one.by_arch,
        "seconds_per_arch_by_round": [fmean(times) for times in one.rounds],
        "archs_per_second": 1 / one.seconds,
        "ratio": _ratio(published, one),
        "peak_rss_mib": one.peak,
        "seconds_once": who.prepared,
    }


def _roofline(
    spec: ThroughputSpec, archs: Sequence[Architecture], rates: Rates, dtype: str, ours: Timed | None
) -> dict[str, Any]:
    """The bounds of one dtype, and the share of them that the score reaches."""
    space = NASBench201()
    macs, values = [], []
    for arch in map(space.canonical, archs):
        macs.append(space.costs(arch, spec.classes, CIFAR).macs)
        values.append(traffic(space.values(arch), space.live(arch), CIFAR))
    itemsize = getattr(torch, dtype).itemsize
    bounds = roofline(macs, values, spec.batch, itemsize, rates.flops[dtype], rates.bandwidth)
    return {
        "matrix_product_flops_per_second": rates.flops[dtype],
        "copy_bytes_per_second": rates.bandwidth,
        "macs_per_image": fmean(macs),
        "bytes_per_image": fmean(values) * itemsize,
        "seconds_of_products": bounds.products,
        "seconds_of_maps": bounds.maps,
        "bound": bounds.bound,
        "share": None if ours is None else bounds.bound / ours.seconds,
    }


def _protocol(spec: ThroughputSpec, archs: Sequence[Architecture], load: float) -> dict[str, Any]:
    """What the figures depend on."""
    return asdict(spec) | {
        "space": SPACE,
        "archs": [NASBench201().encode(arch) for arch in archs],
        "in_shape": list(CIFAR),
        "threads": spec.cores,
        "seconds_per_arch_is": "mean over the architectures of the median over the rounds, wall time",
        "processor": processor(),
        "load_before": load,
        "versions": {package: version(package) for package in ("diswot", "numpy", "torch")},
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """What the processor calls itself."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("model name")]
    return names[0] if names else platform.machine()
