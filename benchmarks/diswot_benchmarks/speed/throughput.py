"""What a score costs: as published, ours, other proxies, and what the machine allows, side by side in one run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from statistics import fmean
from typing import Any

from diswot.spec.compute import ComputeSpec
from diswot_benchmarks.runs.progress import Report
from diswot_benchmarks.speed.entrants import OURS, PUBLISHED_BY, processor
from diswot_benchmarks.speed.spec import DEFAULT, DISWOT, SPACE, ThroughputSpec
from diswot_benchmarks.speed.timing import Timed, draw, measure
from diswot_spaces import CIFAR, Architecture, get_space


def run_throughput(spec: ThroughputSpec, report: Report, matrix: int = 3072) -> dict[str, Any]:
    """Time the published algorithm, ours, other proxies and the machine, and compare.

    Args:
        spec: what to measure.
        report: called as it goes.
        matrix: rows and columns of the matrix product that says what the machine can do.

    Returns:
        The document that docs/research/speed.md describes, as JSON values.

    Raises:
        DiswotError: an architecture could not be scored, or a process died.
    """
    load = os.getloadavg()[0]
    report("preparing", 0, 1)
    archs = draw(spec.architectures, spec.seed)
    found, rates = measure(spec, archs, report, matrix)
    return document(spec, archs, found, rates, load)


def document(
    spec: ThroughputSpec,
    archs: Sequence[Architecture],
    found: Sequence[Timed],
    rates: Mapping[str, float],
    load: float,
) -> dict[str, Any]:
    """The document of what was measured.

    Args:
        spec: what was asked.
        archs: the architectures.
        found: of every entrant.
        rates: of large matrix products, for each dtype.
        load: processes that wanted the machine before the benchmark began.
    """
    rooflines = {
        dtype: _roofline(spec, archs, rate, _whole(found, OURS, DISWOT, dtype)) for dtype, rate in rates.items()
    }
    ours, published = _whole(found, OURS, DISWOT, "float32"), _whole(found, PUBLISHED_BY, DISWOT)
    default = _whole(found, OURS, DEFAULT, executor=ComputeSpec().executor) or _whole(found, OURS, DEFAULT)
    return {
        "benchmark": "throughput",
        "ratio_float32": _ratio(published, ours),
        "ratio_bfloat16": _ratio(published, _whole(found, OURS, DISWOT, "bfloat16")),
        "ratio_default": _ratio(published, default),
        "roofline_share": rooflines["float32"]["share"],
        "peak_rss_mib": None if ours is None else ours.peak,
        "rows": [_row(one, published) for one in found],
        "roofline": rooflines,
        "protocol": asdict(spec)
        | {
            "space": SPACE,
            "scores": list(spec.scores),
            "archs": [get_space(SPACE).encode(arch) for arch in archs],
            "in_shape": list(CIFAR),
            "threads": spec.cores,
            "seconds_per_arch_is": "mean over the architectures of the median over the rounds, wall time",
            "processor": processor(),
            "load_before": load,
            "versions": {package: version(package) for package in ("diswot", "numpy", "torch")},
        },
    }


def _whole(
    found: Sequence[Timed], by: str, score: str, dtype: str | None = None, executor: str = "serial"
) -> Timed | None:
    """The entrant that has the machine to itself: by default one process with all threads."""
    for one in found:
        who = one.entrant
        if (who.by, who.score, who.executor, who.narrow) == (by, score, executor, False) and dtype in (None, who.dtype):
            return one
    return None


def _ratio(published: Timed | None, one: Timed | None) -> float | None:
    """How many times as long the published algorithm takes."""
    return None if published is None or one is None else published.seconds / one.seconds


def _row(one: Timed, published: Timed | None) -> dict[str, Any]:
    who = one.entrant
    names = ("by", "score", "dtype", "batch", "executor", "workers", "threads")
    return {name: getattr(who, name) for name in names} | {
        "seconds_per_arch": one.seconds,
        "seconds_by_arch": one.by_arch,
        "seconds_per_arch_by_round": [fmean(times) for times in one.rounds],
        "archs_per_second": 1 / one.seconds,
        "ratio": _ratio(published, one),
        "peak_rss_mib": one.peak,
        "seconds_once": who.prepared,
    }


def _roofline(spec: ThroughputSpec, archs: Sequence[Architecture], rate: float, ours: Timed | None) -> dict[str, Any]:
    """What the products of a pass would take at the rate of a large one; a multiply-accumulate is two operations."""
    space = get_space(SPACE)
    macs = fmean(space.costs(space.canonical(arch), spec.classes, CIFAR).macs for arch in archs)
    bound = 2 * spec.batch * macs / rate
    return {
        "matrix_product_flops_per_second": rate,
        "macs_per_image": macs,
        "seconds_of_products": bound,
        "share": None if ours is None else bound / ours.seconds,
    }
