"""What one architecture's score is made of, as a document."""

from __future__ import annotations

import numpy as np

from diswot.evaluation import Measurement
from diswot.proxies import get_proxy
from diswot.report.document import Document
from diswot.report.student import Student, student
from diswot.scoring import Scorer


class Part(Document):
    """One term of a score.

    Attributes:
        name: of the proxy.
        summary: what it is.
        raw: its mean over the seeds.
        weight: its weight in the score.
        adds: what it adds to the score, scaled and weighted.
        better_than: share of the reference sample with a lower value; `null` without a reference sample.
    """

    name: str
    summary: str
    raw: float
    weight: float
    adds: float
    better_than: float | None


class Explanation(Document):
    """One architecture's score, part by part.

    Attributes:
        canonical_of: the string that was asked for; the score is that of its canonical form.
        student: score and costs.
        parts: the terms.
        score: name of the score.
        teacher: name of the teacher.
        seeds: random initialisations that were averaged.
        reference: architectures in the reference sample, 0 where none is needed.
    """

    canonical_of: str
    student: Student
    parts: list[Part]
    score: str
    teacher: str
    seeds: int
    reference: int


def make_explanation(asked: str, teacher: str, scorer: Scorer, measurement: Measurement) -> Explanation:
    """Explain the score of a measurement.

    Raises:
        ValueError: the measurement failed.
    """
    one = student(measurement, scorer)
    return Explanation(
        canonical_of=asked,
        student=one,
        parts=[_part(term, one, scorer) for term in scorer.terms],
        score=scorer.name,
        teacher=teacher,
        seeds=measurement.draws,
        reference=max(map(len, scorer.reference.values()), default=0),
    )


def _part(term: str, one: Student, scorer: Scorer) -> Part:
    raw = one.raw[term]
    better = float(np.mean(scorer.reference[term] < raw)) if term in scorer.reference else None
    return Part(
        name=term,
        summary=get_proxy(term).summary,
        raw=raw,
        weight=scorer.terms[term],
        adds=one.components[term],
        better_than=better,
    )
