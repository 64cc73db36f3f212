"""What an executor is: it maps an evaluator over architectures, and every executor gives the same values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from diswot_spaces import SearchSpace

if TYPE_CHECKING:
    from diswot.evaluation import EvalTask, Evaluation
    from diswot.probes.batch import ProbeBatch

RETRIES = 3
"""Times that an evaluation is tried again after its worker died or hung."""


class EvaluatorLike(Protocol):
    """What workers compute: a `Evaluator`, or anything like it that can be pickled."""

    @property
    def space(self) -> SearchSpace:
        """Where the architectures live."""

    @property
    def num_classes(self) -> int:
        """Of the students."""

    @property
    def probe(self) -> ProbeBatch:
        """The batch that students are observed on."""

    def __call__(self, task: EvalTask, /) -> Evaluation:
        """Measure one architecture."""


class Executor(Protocol):
    """Workers that measure architectures.

    Each worker computes on one thread: the order in which numbers are added depends on the number of threads, and a
    score may not depend on who computed it. A worker that dies or hangs is replaced, and what it had is measured again;
    an architecture over which that happens again and again is recorded as failed.
    """

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        """Evaluations in the order of `tasks`, each as soon as those before it are there.

        Raises:
            ExecutorError: no worker can be started any more.
        """
