"""Pareto fronts of what a search has measured, as documents."""

from __future__ import annotations

from operator import itemgetter

from diswot.report.document import Document
from diswot.report.finished import FinishedSearch
from diswot.report.student import Student
from diswot.search.finalists import front_costs
from diswot.search.pareto import Point, growth, pareto_front


class FrontPoint(Document):
    """A candidate that none of the others beats in score without costing more."""

    arch: str
    score: float
    cost: int | float


class Volume(Document):
    """Hypervolume after so many evaluations, as a share of what is possible."""

    evaluations: int
    share: float


class Front(Document):
    """The Pareto front of score against one cost.

    Attributes:
        pareto_cost: `params`, `macs`, `memory` or `latency` (seconds).
        points: of the finalists, cheapest first, so worst score first; the last one has the best score.
        hypervolume: each time that it grew, by the first initialization of every candidate. Its reference point is the
            lowest score at the highest cost that were measured; 1 would be the best score at the lowest cost. Empty
            where there is nothing to play off.
    """

    pareto_cost: str
    points: list[FrontPoint]
    hypervolume: list[Volume]


def make_fronts(finished: FinishedSearch) -> list[Front]:
    """The fronts of the students that may be recommended, over each cost that matters."""
    order = sorted(((finished.evaluations[one.arch], one) for one in finished.students), key=itemgetter(0))
    return [_front(cost, order) for cost in front_costs(finished.spec)]


def _front(cost: str, students: list[tuple[int, Student]]) -> Front:
    """The front over one cost; `students` in the order of evaluation, each with its place in it."""
    known = [(count, one, paid) for count, one in students if (paid := getattr(one, cost)) is not None]
    most = max((one.student_inits for _, one, _ in known), default=0)
    sure = [(one, paid) for _, one, paid in known if one.student_inits == most]
    front = [sure[i] for i in pareto_front([Point(float(paid), one.score) for one, paid in sure])]
    grown = growth([Point(float(paid), one.single_init_score) for _, one, paid in known])
    return Front(
        pareto_cost=cost,
        points=[FrontPoint(arch=one.arch, score=one.score, cost=paid) for one, paid in front],
        hypervolume=[Volume(evaluations=known[n - 1][0], share=share) for n, share in grown],
    )
