"""What a little more budget would buy, as a document."""

from __future__ import annotations

from diswot.report.document import Document
from diswot.report.student import Student, student
from diswot.scoring import Scorer
from diswot.search.beyond import excess
from diswot.search.pareto import Point, pareto_front
from diswot.search.run import Search, candidate


class Step(Document):
    """A student that a larger budget would allow.

    Attributes:
        more: how much larger: the largest share of an upper limit that is missing, 0.08 for 8% more.
        student: outside the budget; never recommended.
    """

    more: float
    student: Student


class Beyond(Document):
    """What was found just beyond the budget, after the search within it.

    Attributes:
        share: how far beyond its upper limits the search looked.
        measured: architectures, neighbours of the best within the budget: a glance, no search.
        failed: those of them whose network failed.
        steps: the next points of the front: each scores more than the recommended student and than the step before.
    """

    share: float
    measured: int
    failed: int
    steps: list[Step]


def make_beyond(search: Search, best: Student) -> Beyond | None:
    """What was found beyond the budget; `None` where nothing was looked at."""
    if search.beyond is None:
        return None
    scorer = Scorer(search.spec.score, search.reference)
    found = [student(candidate(scorer, m), search.latency(m.arch)) for m in search.beyond if m.error is None]
    better = [one for one in found if one.seeds == best.seeds and one.score > best.score]
    steps = [Step(more=_excess(search, one), student=one) for one in better]
    front = pareto_front([Point(step.more, step.student.score) for step in steps])
    return Beyond(
        share=search.spec.relaxation,
        measured=len(search.beyond),
        failed=len(search.beyond) - len(found),
        steps=[steps[i] for i in front],
    )


def _excess(search: Search, one: Student) -> float:
    costs = search.feasible.costs(search.space.decode(one.arch))
    return excess(search.spec.constraints, costs, one.latency)
