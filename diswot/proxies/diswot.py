"""The DisWOT proxies: one fixed teacher initialisation and one fixed batch for all candidates.

The paper minimizes distances; here their negatives are taken, so that higher is better.
"""

from __future__ import annotations

from diswot import losses
from diswot.proxies.base import Evidence


def relation(evidence: Evidence) -> float:
    """Similarity of the N x N relations between images in the last feature maps (paper equation 5)."""
    teacher, student = evidence.teachers.first.map_before_pooling, evidence.student.map_before_pooling
    return -float(losses.similarity_preserving(student, teacher))


def semantic(evidence: Evidence) -> float:
    """Similarity of the class-wise gradients of the classifier (paper equation 3).

    The published form compares channels with channels and needs networks of one width; between other widths it is
    `semantic_gram`.
    """
    teacher, student = evidence.teachers.first.classifier_gradient, evidence.student.classifier_gradient
    if teacher.shape != student.shape:
        return semantic_gram(evidence)
    return -float(losses.channel_distance(student, teacher))


def semantic_gram(evidence: Evidence) -> float:
    """Similarity of the K x K relations between classes in the classifier gradients: free of widths."""
    teacher, student = evidence.teachers.first.classifier_gradient, evidence.student.classifier_gradient
    return -float(losses.similarity_preserving(student, teacher))


def diswot(evidence: Evidence) -> float:
    """Semantic plus relation, as published."""
    return semantic(evidence) + relation(evidence)


def diswot_gram(evidence: Evidence) -> float:
    """Semantic, in the width-free form for every candidate, plus relation."""
    return semantic_gram(evidence) + relation(evidence)
