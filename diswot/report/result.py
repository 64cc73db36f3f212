"""The result of a search as a document: `result.json`, `--json`, the service; see docs/result.md."""

from __future__ import annotations

import math
from typing import Final, Literal

from pydantic import ConfigDict, Field

from diswot.errors import DiswotError
from diswot.proxies import get_score
from diswot.report.beyond import Beyond, make_beyond
from diswot.report.document import Document
from diswot.report.fronts import Front, make_fronts
from diswot.report.student import Student, student
from diswot.search.run import Search
from diswot.spec.constraints import Constraints
from diswot.spec.search import SearchSpec

SCHEMA: Final = 2
"""Of the document: raised when it changes."""
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
        exhausted: whether every architecture within the budget was measured.
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
    """What the cache had of the measurements that this run asked for: of finalists twice.

    Attributes:
        hits: measurements of which everything was there.
        partial: measurements of which something was there, and the rest was measured.
        misses: measurements that were made whole.
        damaged: damaged values, which were measured again.
        hit_rate: share of the hits; `null` where nothing was asked for.
    """

    hits: int
    partial: int
    misses: int
    damaged: int
    hit_rate: float | None


class Result(Document):
    """The result of a search, version 2.

    Attributes:
        schema_: version of this document, written as `schema`.
        recommended: the student with the best score.
        alternatives: those that follow.
        resolution: the least difference of two scores that is more than chance; `null` with a single seed.
        indistinguishable: other finalists whose score is closer than that to the recommended one's.
        fronts: what each budget buys, by what was measured.
        beyond: what a little more budget would buy; `null` where that was not asked, or the budget has no upper limit.
        search: what was asked, with every default filled in.
        outcome: how that went.
        timings: seconds, by part of the work.
        cache: what was measured before; `null` where no cache was used. This and the timings are the only fields that
            differ between two runs with one seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)

    schema_: Literal[2] = Field(default=SCHEMA, alias="schema")
    recommended: Student
    alternatives: list[Student]
    resolution: float | None
    indistinguishable: list[str]
    fronts: list[Front]
    beyond: Beyond | None
    search: SearchSpec
    outcome: Outcome
    timings: dict[str, float]
    cache: CacheRecord | None = None


def resolution(students: list[Student]) -> float | None:
    """The least difference of two scores that is more than chance: 1.96 standard errors of a difference.

    The spread over the seeds is pooled over all finalists: a few seeds of one student say little about its own. `None`
    with a single seed.
    """
    errors = [one.stderr for one in students if one.stderr is not None]
    if not errors:
        return None
    return CONFIDENCE * math.sqrt(2 * sum(error**2 for error in errors) / len(errors))


def make_result(
    search: Search, probe_fingerprint: str, timings: dict[str, float], cache: CacheRecord | None = None
) -> Result:
    """The result of a finished search.

    Raises:
        DiswotError: every candidate failed; the message quotes the first failure.
    """
    candidates = search.candidates()
    students = [student(c, search.latency(c.measurement.arch)) for c in candidates if c.score is not None]
    if not students:
        raise DiswotError(f"all {len(candidates)} candidates failed; the first: {candidates[0].measurement.error}")
    failed = len(candidates) - len(students)
    students = [one for one in students if _in_time(one, search.spec.constraints)]
    if not students:
        raise DiswotError(f"measured again, the latency of none of {len(candidates)} candidates was within the budget")
    best, *others = (one.model_copy(update={"rank": rank}) for rank, one in enumerate(students, 1))
    limit = resolution(students)
    return Result(
        recommended=best,
        alternatives=others[:ALTERNATIVES],
        resolution=limit,
        indistinguishable=[one.arch for one in others if one.seeds == best.seeds and _close(best, one, limit)],
        fronts=make_fronts(search, {one.arch: one for one in students}),
        beyond=make_beyond(search, best),
        search=search.spec,
        outcome=_outcome(search, probe_fingerprint, failed),
        timings={part: round(seconds, 3) for part, seconds in (timings | _latency_time(search)).items()},
        cache=cache,
    )


def _close(best: Student, one: Student, limit: float | None) -> bool:
    return limit is not None and best.score - one.score < limit


def _in_time(one: Student, budget: Constraints) -> bool:
    """Whether a student holds the limits of latency, if there are any."""
    return not budget.times or (one.latency is not None and budget.in_time(one.latency))


def _latency_time(search: Search) -> dict[str, float]:
    return {"latency": search.meter.seconds} if search.spec.times else {}


def _outcome(search: Search, probe_fingerprint: str, failed: int) -> Outcome:
    ended = search.ended
    assert ended is not None, "only a finished search has a result"
    bred = search.bred
    return Outcome(
        evaluations=len(search.measurements),
        random=len(search.measurements) - bred,
        bred=bred,
        ended=ended,
        within_budget=None if search.feasible.listed is None else len(search.feasible.listed),
        failed=failed,
        exhausted=search.exhausted,
        score_version=get_score(search.spec.score).version,
        probe_fingerprint=probe_fingerprint,
    )
