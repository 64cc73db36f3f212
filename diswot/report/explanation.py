"""What one architecture's score is made of, as a document."""

from __future__ import annotations

import numpy as np

from diswot.evaluation import Evaluation
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
        student_inits: random initializations that were averaged.
        reference: architectures in the reference sample, 0 where none is needed.
    """

    canonical_of: str
    student: Student
    parts: list[Part]
    score: str
    teacher: str
    student_inits: int
    reference: int


def make_explanation(asked: str, teacher: str, scorer: Scorer, evaluation: Evaluation) -> Explanation:
    """Explain the score of an evaluation.

    Raises:
        ValueError: the evaluation failed.
    """
    one = student(evaluation, scorer)
    return Explanation(
        canonical_of=asked,
        student=one,
        parts=[_part(term, one, scorer) for term in scorer.terms],
        score=scorer.name,
        teacher=teacher,
        student_inits=evaluation.num_inits,
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
