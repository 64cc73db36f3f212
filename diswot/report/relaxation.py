"""What a little more budget would buy, as a document."""

from __future__ import annotations

from diswot.report.document import Document
from diswot.report.finished import FinishedSearch
from diswot.report.student import Student
from diswot.search.pareto import Point, pareto_front
from diswot.search.relaxation import violation
from diswot.spec.constraints import Constraints
from diswot_spaces import Costs


class Step(Document):
    """A student that a larger budget would allow.

    Attributes:
        violation: how much larger: the largest share of an upper limit that is missing, 0.08 for 8% more.
        student: outside the budget; never recommended.
    """

    violation: float
    student: Student


class Relaxation(Document):
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


def make_relaxation(finished: FinishedSearch, best: Student) -> Relaxation | None:
    """What was found beyond the budget; `None` where nobody looked there."""
    found = finished.relaxed
    if found is None:
        return None
    better = [one for one in found if one.student_inits == best.student_inits and one.score > best.score]
    steps = [Step(violation=_violation(finished.spec.constraints, one), student=one) for one in better]
    front = pareto_front([Point(step.violation, step.student.score) for step in steps])
    return Relaxation(
        share=finished.spec.relaxation,
        measured=len(found) + finished.failed_relaxed,
        failed=finished.failed_relaxed,
        steps=[steps[i] for i in front],
    )


def _violation(budget: Constraints, one: Student) -> float:
    return violation(budget, Costs(one.params, one.macs, one.depth, one.memory), one.latency)
