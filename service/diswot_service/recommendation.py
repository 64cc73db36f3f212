"""Students out of what a search has measured, perhaps under tighter limits than it had; nothing is scored anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from diswot.errors import InputError
from diswot.spec.constraints import Constraints
from diswot_service.errors import NoCandidatesYet
from diswot_service.store import Candidate
from diswot_spaces import Costs


class RecommendedStudent(BaseModel):
    """A student, and why it stands where it does.

    Attributes:
        number: of the candidate.
        arch: string of its architecture.
        score: mean over its initializations.
        standard_error: of that mean; `null` with a single one.
        initializations: that were measured: finalists have all, the others one.
        behind: how much its score is below that of the first.
        params: trainable parameters.
        macs: multiply-accumulates for one image.
        memory: bytes of activations for one image.
        latency: in seconds; `null` where it was not measured.
        terms: what each term adds to the score.
    """

    number: int
    arch: str
    score: float
    standard_error: float | None
    initializations: int
    behind: float
    params: int
    macs: int
    memory: int
    latency: float | None
    terms: dict[str, float] | None


class Recommendation(BaseModel):
    """What to distil into, by what has been measured.

    Attributes:
        provisional: whether the search may still find better ones.
        limits: that the students hold beside those of the search, in words.
        measured: candidates that have a score.
        within: those of them that hold the limits.
        students: the best first: those with the most initializations, then by score.
    """

    provisional: bool
    limits: str
    measured: int
    within: int
    students: list[RecommendedStudent]


def recommend(candidates: Sequence[Candidate], limits: Constraints, count: int, *, provisional: bool) -> Recommendation:
    """The best students within limits.

    Raises:
        NoCandidatesYet: no candidate has a score.
        InputError: none of them holds the limits; says what comes nearest.
    """
    scored = [one for one in candidates if one.score is not None]
    if not scored:
        raise NoCandidatesYet("no candidate has a score yet")
    within = [one for one in scored if _holds(one, limits)]
    if not within:
        nearest = min(scored, key=lambda one: limits.distance(_costs(one)))
        raise InputError(
            f"none of the {len(scored):,} candidates that were measured has {limits}; nearest comes one with "
            f"{nearest.details['params']:,} parameters and {nearest.details['macs']:,} MACs"
        )
    ranked = sorted(within, key=lambda one: (-one.details["initializations"], -(one.score or 0.0), one.number))
    return Recommendation(
        provisional=provisional,
        limits=str(limits),
        measured=len(scored),
        within=len(within),
        students=[_student(one, ranked[0]) for one in ranked[:count]],
    )


def _holds(one: Candidate, limits: Constraints) -> bool:
    latency = one.details["latency"]
    return limits.allows(_costs(one)) and (not limits.times or (latency is not None and limits.in_time(latency)))


def _costs(one: Candidate) -> Costs:
    return Costs(one.details["params"], one.details["macs"], 0, one.details["memory"])


def _student(one: Candidate, first: Candidate) -> RecommendedStudent:
    details: dict[str, Any] = one.details
    assert one.score is not None, "only candidates with a score are ranked"
    assert first.score is not None, "only candidates with a score are ranked"
    shown = ("standard_error", "initializations", "params", "macs", "memory", "latency")
    return RecommendedStudent(
        number=one.number,
        arch=one.arch,
        score=one.score,
        behind=first.score - one.score,
        terms=details.get("terms"),
        **{name: details[name] for name in shown},
    )
