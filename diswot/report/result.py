"""The result of a search as a document: `result.json`, `--json`, the service; see docs/reference/result.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from diswot.errors import DiswotError, InputError
from diswot.proxies import get_score
from diswot.report.attempt import attempt
from diswot.report.diagram import Stage
from diswot.report.document import RESULT_SCHEMA, Document
from diswot.report.finished import FinishedSearch
from diswot.report.fronts import Front, make_fronts
from diswot.report.relaxation import Relaxation, make_relaxation
from diswot.report.student import Student
from diswot.report.tables import html_table
from diswot.report.teacher import TeacherRecord, make_teacher
from diswot.report.trust import Trust
from diswot.spec.search import SearchSpec
from diswot_spaces import get_space, title_of

if TYPE_CHECKING:
    import pandas

ALTERNATIVES = 3
CONFIDENCE = 1.96
"""Standard errors to either side of a 95% interval."""


class Outcome(Document):
    """How a search went, and what its result depends on beside its settings.

    Attributes:
        evaluations: candidates measured.
        random: those of them that were drawn at random.
        bred: those that were bred from candidates before them, by mutation or crossover.
        ended: what ended the search: `evaluations`, `exhausted`, `patience` or `max_seconds`.
        within_budget: distinct architectures that the formulas allow; `null` for a space too large to be listed.
        failed: candidates whose network failed.
        exhausted: whether no more architectures were found within the budget.
        score_version: version of the score's definition.
        probe_fingerprint: SHA-256 of the probe batch.
    """

    evaluations: int
    random: int
    bred: int
    ended: str
    within_budget: int | None
    failed: int
    exhausted: bool
    score_version: int
    probe_fingerprint: str


class CacheRecord(Document):
    """What the cache had of the evaluations that this run asked for: of finalists twice.

    Attributes:
        hits: evaluations of which everything was there.
        partial: evaluations of which something was there, and the rest was measured.
        misses: evaluations that were made whole.
        damaged: damaged values, which were measured again.
        hit_rate: share of the hits; `null` where nothing was asked for.
    """

    hits: int
    partial: int
    misses: int
    damaged: int
    hit_rate: float | None


class Result(Document):
    """The result of a search, version 3.

    Attributes:
        schema_: version of this document, written as `schema`.
        recommended: the student with the best score.
        stages: of its network, in order of execution; empty where they cannot be found without running it.
        alternatives: those that follow.
        min_detectable_difference: the least difference of two scores that is more than chance; `null` with a
            single initialization.
        tied: other finalists whose score is closer than that to the recommended one's.
        trust: whether other opinions rank like the score; `null` in results of earlier versions.
        teacher: what it costs, beside the recommended student.
        fronts: what each budget buys, by what was measured.
        relaxation: what a little more budget would buy; `null` where that was not asked, or no cost has an upper limit.
        search: what was asked, with every default filled in.
        outcome: how that went.
        timings: seconds, by part of the work.
        cache: what was measured before; `null` where no cache was used. This and the timings are the only fields that
            differ between two runs with one seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)

    schema_: Literal[3] = Field(default=RESULT_SCHEMA, alias="schema")
    recommended: Student
    stages: list[Stage] = Field(default_factory=list)
    alternatives: list[Student]
    min_detectable_difference: float | None
    tied: list[str]
    trust: Trust | None = None
    teacher: TeacherRecord
    fronts: list[Front]
    relaxation: Relaxation | None
    search: SearchSpec
    outcome: Outcome
    timings: dict[str, float]
    cache: CacheRecord | None = None

    @model_validator(mode="after")
    def _tell_students_their_task(self) -> Self:
        teacher = self.search.teacher
        relaxed = () if self.relaxation is None else (step.student for step in self.relaxation.steps)
        for one in (*self.students, *relaxed):
            one._task = (self.search.space, teacher.num_classes, teacher.in_shape)
        return self

    @property
    def students(self) -> list[Student]:
        """The recommended student and its alternatives, best first."""
        return [self.recommended, *self.alternatives]

    def to_frame(self) -> pandas.DataFrame:
        """The students as a table, one row each, best first; what each term adds is in columns `from_TERM`.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise InputError(
                "a table of the result needs pandas, which is not installed: pip install pandas"
            ) from error
        return pandas.DataFrame(self._rows())

    def __repr__(self) -> str:
        """What a person at a prompt wants to know."""
        best, spec = self.recommended, self.search
        noise = "" if best.stderr is None else f" (standard error {best.stderr:.3f})"
        return (
            f"{best.arch} of {title_of(spec.space)}, recommended for {spec.teacher.title}: "
            f"score {best.score:.3f}{noise}, "
            f"{best.params:,} parameters, {best.macs:,} MACs; best of {self.outcome.evaluations} evaluated"
        )

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """The same in a notebook, as a table of the students."""
        return html_table(repr(self), self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        return [
            one.model_dump(exclude={"components", "raw"}) | {f"from_{name}": x for name, x in one.components.items()}
            for one in self.students
        ]


def min_detectable_difference(students: Sequence[Student]) -> float | None:
    """The least difference of two scores that is more than chance: 1.96 standard errors of a difference.

    The spread over the seeds is pooled over all finalists: a few seeds of one student say little about its own. `None`
    with a single seed.
    """
    errors = [one.stderr for one in students if one.stderr is not None]
    if not errors:
        return None
    return CONFIDENCE * math.sqrt(2 * sum(error**2 for error in errors) / len(errors))


def make_result(
    finished: FinishedSearch, timings: Mapping[str, float] | None = None, cache: CacheRecord | None = None
) -> Result:
    """The result of a finished search.

    Args:
        finished: with at least one student.
        timings: seconds, by part of the work.
        cache: what was measured before.

    Raises:
        DiswotError: every candidate failed, the message quotes the first failure; or all missed the budget of latency.
    """
    if not finished.students:
        raise DiswotError(_without_students(finished))
    best, *others = finished.students
    limit = min_detectable_difference(finished.students)
    latency = {"latency": finished.latency_seconds} if finished.spec.times else {}
    return Result(
        recommended=best,
        stages=_stages(finished.spec, best),
        alternatives=others[:ALTERNATIVES],
        min_detectable_difference=limit,
        tied=[one.arch for one in others if one.student_inits == best.student_inits and _close(best, one, limit)],
        trust=finished.trust,
        teacher=make_teacher(finished.spec.teacher, best),
        fronts=make_fronts(finished),
        relaxation=make_relaxation(finished, best),
        search=finished.spec,
        outcome=_outcome(finished),
        timings={part: round(seconds, 3) for part, seconds in {**(timings or {}), **latency}.items()},
        cache=cache,
    )


def _stages(spec: SearchSpec, best: Student) -> list[Stage]:
    from diswot.report.stages import find_stages

    space, teacher = get_space(spec.space), spec.teacher
    arch = space.decode(best.arch)
    found = attempt(
        lambda: find_stages(lambda: space.build(arch, teacher.num_classes, teacher.in_shape), teacher.in_shape)
    )
    return found[0] or []


def _without_students(finished: FinishedSearch) -> str:
    count = len(finished.evaluations)
    if finished.dropped:
        return f"measured again, the latency of none of {count} candidates was within the budget"
    return f"all {count} candidates failed; the first: {finished.failed[0].error}"


def _close(best: Student, one: Student, limit: float | None) -> bool:
    return limit is not None and best.score - one.score < limit


def _outcome(finished: FinishedSearch) -> Outcome:
    evaluations = len(finished.evaluations)
    return Outcome(
        evaluations=evaluations,
        random=evaluations - finished.bred,
        bred=finished.bred,
        ended=finished.ended,
        within_budget=finished.within_budget,
        failed=len(finished.failed),
        exhausted=finished.exhausted,
        score_version=get_score(finished.spec.score).version,
        probe_fingerprint=finished.probe or "",
    )
