"""The result of a search as a document: what `result.json`, `--json` and the service give. Documented in docs/result.md."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict

from diswot.proxies import get_score
from diswot.search.run import Candidate, Search

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
        components: what each term adds to the score.
        raw: mean of each proxy before scaling.
    """

    arch: str
    score: float
    stderr: float | None
    params: int
    macs: int
    depth: int
    components: dict[str, float]
    raw: dict[str, float]


class SearchRecord(Document):
    """How the search was done: everything that the result depends on."""

    teacher: str
    weights: str | None
    classes: int
    in_shape: tuple[int, int, int]
    space: str
    score: str
    score_version: int
    probe: str
    probe_size: int
    probe_fingerprint: str
    max_params: int | None
    max_macs: int | None
    algorithm: str
    evaluations: int
    failed: int
    exhausted: bool
    seed: int
    seeds: int
    initialisations: int
    population: int
    tournament: int


class Result(Document):
    """The result of a search, version 1.

    Attributes:
        schema_: version of this document, written as `schema`.
        recommended: the student with the best score.
        alternatives: those that follow.
        indistinguishable: candidates whose score differs from the recommended one's by less than 1.96 standard errors
            of the difference, the recommended one left out.
        search: how it was found.
        timings: seconds, by part of the work; the only field that differs between two runs with one seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)

    schema_: Literal[1] = 1
    recommended: Student
    alternatives: list[Student]
    indistinguishable: list[str]
    search: SearchRecord
    timings: dict[str, float]
