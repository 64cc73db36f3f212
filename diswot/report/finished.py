"""A finished search as one value: what its result, its files and its pictures are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diswot.evaluation import Evaluation
from diswot.latency import Latency
from diswot.report.student import Student, student
from diswot.report.trust import Trust, trust_of
from diswot.search.search import Search
from diswot.spec.search import SearchSpec


@dataclass(frozen=True, slots=True)
class FinishedSearch:
    """What a search has come to, computed once.

    Attributes:
        spec: what was asked.
        students: candidates that may be recommended: ranked, finalists first, then by score.
        dropped: candidates with a score whose latency, measured once more, is outside the budget; in the same order.
        failed: candidates whose network failed, in the order of evaluation.
        evaluations: for each candidate, by architecture, how many were evaluated by then.
        relaxed: architectures just beyond the budget that have a score; `None` where nobody looked there.
        failed_relaxed: how many of those that were looked at have none.
        ended: what ended the search: `evaluations`, `exhausted`, `patience` or `max_seconds`.
        bred: candidates that were bred from others before them; the others were drawn at random.
        exhausted: whether every architecture within the budget was measured.
        within_budget: distinct architectures that the formulas allow; `None` for a space too large to be listed.
        probe: fingerprint of the images that the networks were observed on.
        latency_seconds: that were spent on measuring latency.
        measuring_seconds: that all workers together spent on measuring candidates.
        trust: how far the score can be trusted in this space.
    """

    spec: SearchSpec
    students: tuple[Student, ...]
    dropped: tuple[Student, ...]
    failed: tuple[Evaluation, ...]
    evaluations: Mapping[str, int]
    relaxed: tuple[Student, ...] | None
    failed_relaxed: int
    ended: str
    bred: int
    exhausted: bool
    within_budget: int | None
    probe: str | None
    latency_seconds: float
    measuring_seconds: float
    trust: Trust

    @staticmethod
    def of(search: Search, confirmed: Mapping[str, Latency | None] | None = None) -> FinishedSearch:
        """The value of a search that has ended.

        Args:
            search: done.
            confirmed: latency of those that may be recommended, measured once more; see `diswot.search.remeasure`.
        """
        state, listed, ended = search.state, search.feasible.listed, search.ended
        assert ended is not None, "only a search that has ended has come to something"

        def document(evaluation: Evaluation) -> Student:
            known = search.meter.known.get(search.space.decode(evaluation.arch))
            return student(evaluation, search.scorer, (confirmed or {}).get(evaluation.arch, known))

        scored = [document(evaluation) for evaluation, _ in search.ranked()]
        holding = [one for one in scored if _in_time(one, search.spec)]
        relaxed = None if state.relaxed is None else tuple(document(m) for m in state.relaxed if m.error is None)
        return FinishedSearch(
            spec=search.spec,
            students=tuple(one.model_copy(update={"rank": rank}) for rank, one in enumerate(holding, 1)),
            dropped=tuple(one for one in scored if not _in_time(one, search.spec)),
            failed=tuple(m for m in state.evaluations if m.error is not None),
            evaluations={m.arch: count for count, m in enumerate(state.evaluations, 1)},
            relaxed=relaxed,
            failed_relaxed=len(state.relaxed or ()) - len(relaxed or ()),
            ended=ended,
            bred=search.bred,
            exhausted=state.exhausted,
            within_budget=None if listed is None else len(listed),
            probe=state.probe,
            latency_seconds=search.meter.seconds,
            trust=trust_of(search),
            measuring_seconds=sum(m.seconds for m in (*state.reference, *state.evaluations, *(state.relaxed or ()))),
        )


def _in_time(one: Student, spec: SearchSpec) -> bool:
    """Whether a student holds the limits of latency, if there are any."""
    return not spec.constraints.times or (one.latency is not None and spec.constraints.in_time(one.latency))
