"""How many architectures to send at once, and how long to wait for them: both from what the last ones took."""

from __future__ import annotations

from collections.abc import Sequence

CHUNK_SECONDS = 0.25
"""Work in a chunk: long beside the cost of sending it (about a millisecond on Ray), short for whoever watches."""

CHUNK_MOST = 64
"""Architectures in a chunk at most. Two chunks and their results must fit into a pipe's buffer: a driver that waits to
send while its worker waits to answer would wait for ever."""

SLACK = 10.0
"""Times the slowest measurement so far that one may take, where that is more than the deadline."""

_MEMORY = 0.1
"""Weight of the newest measurement in the mean: a search moves to other networks as it goes on."""


class Pace:
    """What measurements take.

    Args:
        deadline: seconds that a measurement may always take.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._mean: float | None = None
        self._slowest = 0.0

    def add(self, seconds: Sequence[float]) -> None:
        """Take note of what some measurements took."""
        for one in seconds:
            self._mean = one if self._mean is None else self._mean + _MEMORY * (one - self._mean)
            self._slowest = max(self._slowest, one)

    def chunk(self, waiting: int, workers: int) -> int:
        """How many of `waiting` architectures to send next.

        No more than half of a worker's share of what is left, so that all workers are busy to the end.
        """
        if self._mean is None:
            return 1
        by_time = int(CHUNK_SECONDS / max(self._mean, CHUNK_SECONDS / CHUNK_MOST))
        return max(1, min(by_time, waiting // (2 * workers)))

    def patience(self, size: int) -> float:
        """Seconds after which a chunk of so many architectures counts as hung."""
        return max(self.deadline, SLACK * self._slowest * size)
