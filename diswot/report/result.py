"""The result of a search as a document: `result.json`, `--json`, the service; see docs/result.md."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from diswot.errors import DiswotError
from diswot.latency import Latency
from diswot.proxies import get_score
from diswot.search.budget import Budget
from diswot.search.run import Candidate, Search
from diswot.search.spec import SearchSpec

ALTERNATIVES = 3
CONFIDENCE = 1.96
"""Standard errors to either side of a 95% interval."""


class Document(BaseModel):
    """Base of the documents: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Student(Document):
    """A measured candidate.

    Attributes:
        arch: string of the architecture in its space.
        score: mean over the seeds; higher is better.
        stderr: standard error of the score; `null` with a single seed.
        params: trainable parameters.
        macs: multiply-accumulates for one image.
        depth: convolutions and linear layers.
        memory: bytes of activations alive at once for one image in float32, by formula.
        latency: seconds, the median as measured; `null` where the budget does not limit it.
        latency_spread: interquartile range of those seconds.
        components: what each term adds to the score.
        raw: mean of each proxy before scaling.
    """

    arch: str
    score: float
    stderr: float | None
    params: int
    macs: int
    depth: int
    memory: int
    latency: float | None = None
    latency_spread: float | None = None
    components: dict[str, float]
    raw: dict[str, float]


class LatencyRecord(Document):
    """Under what circumstances latency was measured."""

    device: str
    threads: int
    batch: int


class Settings(Document):
    """What the search was asked to do, in full."""

    teacher: str
    weights: str | None
    classes: int
    in_shape: tuple[int, int, int]
    space: str
    score: str
    probe: str
    probe_size: int
    max_params: int | None
    max_macs: int | None
    max_memory: int | None
    max_latency: float | None
    min_params: int | None
    min_macs: int | None
    min_memory: int | None
    min_latency: float | None
    latency: LatencyRecord | None
    max_evaluations: int
    seed: int
    seeds: int
    initialisations: int
    population: int
    tournament: int


class SearchRecord(Settings):
    """How the search was done: its settings, and what else the result depends on.

    Attributes:
        algorithm: how candidates were proposed.
        evaluations: candidates measured.
        failed: those of them whose network failed.
        exhausted: whether every architecture within the budget was measured.
        score_version: version of the score's definition.
        probe_fingerprint: SHA-256 of the probe batch.
    """

    algorithm: str
    evaluations: int
    failed: int
    exhausted: bool
    score_version: int
    probe_fingerprint: str


class CacheRecord(Document):
    """What the cache had of the architectures that this run asked for.

    Attributes:
        hits: architectures of which everything was there.
        partial: architectures of which something was there, and the rest was measured.
        misses: architectures that were measured whole.
        damaged: damaged values, which were measured again.
        hit_rate: share of the hits; `null` where nothing was asked for.
    """

    hits: int
    partial: int
    misses: int
    damaged: int
    hit_rate: float | None


class Result(Document):
    """The result of a search, version 1.

    Attributes:
        schema_: version of this document, written as `schema`.
        recommended: the student with the best score.
        alternatives: those that follow.
        resolution: the least difference of two scores that is more than chance; `null` with a single seed.
        indistinguishable: other candidates whose score is closer than that to the recommended one's.
        search: how it was found.
        timings: seconds, by part of the work.
        cache: what was measured before; `null` where no cache was used. This and the timings are the only fields that
            differ between two runs with one seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    recommended: Student
    alternatives: list[Student]
    resolution: float | None
    indistinguishable: list[str]
    search: SearchRecord
    timings: dict[str, float]
    cache: CacheRecord | None = None


def student(candidate: Candidate, latency: Latency | None = None) -> Student:
    """A candidate with a score, as a document, with its latency if that was measured."""
    measurement, score = candidate.measurement, candidate.score
    if score is None:
        raise ValueError(f"{measurement.arch} has no score: {measurement.error}")
    costs = measurement.costs
    return Student(
        arch=measurement.arch,
        score=score.value,
        stderr=score.stderr,
        params=costs.params,
        macs=costs.macs,
        depth=costs.depth,
        memory=costs.memory,
        latency=None if latency is None else latency.median,
        latency_spread=None if latency is None else latency.spread,
        components=score.components,
        raw={name: sum(series) / len(series) for name, series in measurement.values.items()},
    )


def resolution(students: list[Student]) -> float | None:
    """The least difference of two scores that is more than chance: 1.96 standard errors of a difference.

    The spread over the seeds is pooled over all students: two or three seeds of one student say little about its own.
    `None` with a single seed.
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
    students = [one for one in students if _in_time(one, search.spec.budget)]
    if not students:
        raise DiswotError(f"measured again, the latency of none of {len(candidates)} candidates was within the budget")
    best, *others = students
    limit = resolution(students)
    return Result(
        recommended=best,
        alternatives=others[:ALTERNATIVES],
        resolution=limit,
        indistinguishable=[one.arch for one in others if limit is not None and best.score - one.score < limit],
        search=_record(search, probe_fingerprint, failed=failed),
        timings={part: round(seconds, 3) for part, seconds in (timings | _latency_time(search)).items()},
        cache=cache,
    )


def _in_time(one: Student, budget: Budget) -> bool:
    """Whether a student holds the limits of latency, if there are any."""
    return not budget.times or (one.latency is not None and budget.in_time(one.latency))


def settings_of(spec: SearchSpec) -> Settings:
    """The settings of a search as a document."""
    return Settings(
        teacher=spec.teacher.name,
        weights=None if spec.teacher.weights is None else spec.teacher.weights.name,
        classes=spec.teacher.num_classes,
        in_shape=spec.teacher.in_shape,
        space=spec.space,
        score=spec.score,
        probe=spec.probe.source,
        probe_size=spec.probe.size,
        max_params=spec.budget.max_params,
        max_macs=spec.budget.max_macs,
        max_memory=spec.budget.max_memory,
        max_latency=spec.budget.max_latency,
        min_params=spec.budget.min_params,
        min_macs=spec.budget.min_macs,
        min_memory=spec.budget.min_memory,
        min_latency=spec.budget.min_latency,
        latency=LatencyRecord(**asdict(spec.budget.latency)) if spec.budget.times else None,
        max_evaluations=spec.evaluations,
        seed=spec.seed,
        seeds=spec.seeds,
        initialisations=spec.initialisations,
        population=spec.population,
        tournament=spec.tournament,
    )


def _latency_time(search: Search) -> dict[str, float]:
    return {"latency": search.meter.seconds} if search.spec.budget.times else {}


def _record(search: Search, probe_fingerprint: str, failed: int) -> SearchRecord:
    return SearchRecord(
        **settings_of(search.spec).model_dump(),
        algorithm=search.algorithm.name,
        evaluations=len(search.measurements),
        failed=failed,
        exhausted=search.exhausted,
        score_version=get_score(search.spec.score).version,
        probe_fingerprint=probe_fingerprint,
    )
