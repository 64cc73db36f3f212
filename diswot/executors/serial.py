"""One architecture after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType

from diswot.executors.base import Measure
from diswot.scoring import Measurement
from diswot.threads import one_thread
from search_spaces import Architecture


class SerialExecutor:
    """Measures in this process, on one thread; the caller's thread count is put back at the end."""

    def __init__(self, measurer: Measure) -> None:
        self.measurer = measurer
        self._one_thread = one_thread()

    def __enter__(self) -> SerialExecutor:
        self._one_thread.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._one_thread.__exit__(kind, error, trace)

    def map(self, archs: Sequence[Architecture]) -> Iterator[Measurement]:
        """Measurements in the order of `archs`."""
        return map(self.measurer, archs)
