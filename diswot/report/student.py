"""A measured candidate as a document."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from diswot.errors import InputError
from diswot.evaluation import FIRST, Evaluation
from diswot.latency import Latency
from diswot.report.document import Document
from diswot.scoring import Scorer
from diswot_spaces import Shape, get_space

if TYPE_CHECKING:
    from torch import nn

Task = tuple[Any, int, Shape]
"""What a network is built for: its search space, the number of classes, the shape of the images."""


class Student(Document):
    """A measured candidate.

    Attributes:
        arch: string of the architecture in its space.
        rank: among the candidates within the budget, finalists first, then by score, 1 for the best; `null` outside of
            a search's budget.
        score: mean over its random initializations; higher is better.
        stderr: standard error of the score; `null` with a single initialization.
        student_inits: random initializations that were measured: all for finalists, one for the others.
        single_init_score: score by the first initialization alone.
        params: trainable parameters.
        macs: multiply-accumulates for one image.
        depth: convolutions and linear layers.
        memory: bytes of activations alive at once for one image in float32, by formula.
        latency: seconds, the median as measured; `null` where nobody asked for it.
        latency_spread: interquartile range of those seconds.
        components: what each term adds to the score.
        raw: mean of each proxy before scaling.
    """

    arch: str
    rank: int | None = None
    score: float
    stderr: float | None
    student_inits: int
    single_init_score: float
    params: int
    macs: int
    depth: int
    memory: int
    latency: float | None = None
    latency_spread: float | None = None
    components: dict[str, float]
    raw: dict[str, float]
    _task: Task | None = PrivateAttr(default=None)

    def build(self) -> nn.Module:
        """The network of this student, with random weights as torch draws them: a classifier, ready to be trained.

        Raises:
            InputError: the student is not part of a result, which alone knows the space and the task.
        """
        if self._task is None:
            raise InputError("only a student of a result can be built: its space and task stand there")
        space, num_classes, in_shape = self._task
        return get_space(space).build(get_space(space).decode(self.arch), num_classes, in_shape)


def student(evaluation: Evaluation, scorer: Scorer, latency: Latency | None = None) -> Student:
    """An evaluation with its score, as a document, with its latency if that was measured.

    Raises:
        ValueError: the evaluation failed.
    """
    score, costs = scorer(evaluation), evaluation.costs
    return Student(
        arch=evaluation.arch,
        score=score.value,
        stderr=score.stderr,
        student_inits=evaluation.num_inits,
        single_init_score=scorer(evaluation.restrict(FIRST)).value,
        params=costs.params,
        macs=costs.macs,
        depth=costs.depth,
        memory=costs.memory,
        latency=None if latency is None else latency.median,
        latency_spread=None if latency is None else latency.spread,
        components=score.components,
        raw={name: fmean(evaluation.values[name]) for name in scorer.terms},
    )
