"""The DisWOT proxies: one fixed teacher initialization and one fixed batch for all candidates.

The paper minimizes distances; here their negatives are taken, so that higher is better.
"""

from __future__ import annotations

from diswot import losses
from diswot.proxies.base import ProxyInput


def relation(inputs: ProxyInput) -> float:
    """Similarity of the N x N relations between images in the last feature maps (paper equation 5)."""
    teacher, student = inputs.teachers.first.map_before_pooling, inputs.student.map_before_pooling
    return -float(losses.similarity_preserving(student, teacher))


def semantic(inputs: ProxyInput) -> float:
    """Similarity of the class-wise gradients of the classifier (paper equation 3).

    The published form compares channels with channels and needs networks of one width; between other widths it is
    `semantic_gram`.
    """
    teacher, student = inputs.teachers.first.classifier_gradient, inputs.student.classifier_gradient
    if teacher.shape != student.shape:
        return semantic_gram(inputs)
    return -float(losses.channel_distance(student, teacher))


def semantic_gram(inputs: ProxyInput) -> float:
    """Similarity of the K x K relations between classes in the classifier gradients: free of widths."""
    teacher, student = inputs.teachers.first.classifier_gradient, inputs.student.classifier_gradient
    return -float(losses.similarity_preserving(student, teacher))


def diswot(inputs: ProxyInput) -> float:
    """Semantic plus relation, as published."""
    return semantic(inputs) + relation(inputs)


def diswot_gram(inputs: ProxyInput) -> float:
    """Semantic, in the width-free form for every candidate, plus relation."""
    return semantic_gram(inputs) + relation(inputs)
