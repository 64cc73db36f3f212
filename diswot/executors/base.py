"""What an executor is: it maps a measurer over architectures, and every executor gives the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeAlias

from search_spaces import Architecture

if TYPE_CHECKING:
    from diswot.scoring import Measurement

Measure: TypeAlias = "Callable[[Architecture], Measurement]"
"""What workers compute: a `Measurer`, or any function like it that can be pickled."""

RETRIES = 3
"""Times that a measurement is tried again after its worker died."""


class Executor(AbstractContextManager["Executor"], Protocol):
    """Workers that measure architectures; entered to start them, left to stop them.

    Each worker computes on one thread: the order in which numbers are added depends on the number of threads, and a
    score may not depend on who computed it. A worker that dies is replaced, and what it had is measured again.
    """

    def map(self, archs: Sequence[Architecture]) -> Iterator[Measurement]:
        """Measurements in the order of `archs`, each as soon as those before it are there.

        Raises:
            ExecutorError: the workers were lost for good.
        """
