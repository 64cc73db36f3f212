"""What a little more budget would buy, as a document."""

from __future__ import annotations

from diswot.report.document import Document
from diswot.report.finished import FinishedSearch
from diswot.report.student import Student
from diswot.search.beyond import excess
from diswot.search.pareto import Point, pareto_front
from diswot.spec.constraints import Constraints
from diswot_spaces import Costs


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


def make_beyond(finished: FinishedSearch, best: Student) -> Beyond | None:
    """What was found beyond the budget; `None` where nobody looked there."""
    found = finished.beyond
    if found is None:
        return None
    better = [one for one in found if one.seeds == best.seeds and one.score > best.score]
    steps = [Step(more=_excess(finished.spec.constraints, one), student=one) for one in better]
    front = pareto_front([Point(step.more, step.student.score) for step in steps])
    return Beyond(
        share=finished.spec.relaxation,
        measured=len(found) + finished.failed_beyond,
        failed=finished.failed_beyond,
        steps=[steps[i] for i in front],
    )


def _excess(budget: Constraints, one: Student) -> float:
    return excess(budget, Costs(one.params, one.macs, one.depth, one.memory), one.latency)
