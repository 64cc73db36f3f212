"""The smallest runs of benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from diswot.spec.compute import ComputeSpec
from diswot_benchmarks.correlation.run import run_correlation
from diswot_benchmarks.runs.protocol import CorrelationSpec

SERIAL = ComputeSpec("serial", cache=None)


def quiet(what: str, done: int, total: int) -> None:
    """Nobody is told."""


def correlate(
    spec: CorrelationSpec, out: Path, report: Callable[[str, int, int], None] = quiet, source: Path | None = None
) -> Path:
    """A correlation run in this process that times proxies on two architectures."""
    return run_correlation(spec, out, SERIAL, report, source, timed=2)
