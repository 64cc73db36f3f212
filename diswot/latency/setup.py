"""What comes out of measuring latency; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds that a batch takes.

    Attributes:
        median: over the runs.
        spread: interquartile range.
        runs: that were timed.
    """

    median: float
    spread: float
    runs: int
