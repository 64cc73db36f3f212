"""What a result says about its own certainty."""

import pytest

from diswot.report.result import resolution
from diswot.report.student import Student


def student(score: float, stderr: float | None) -> Student:
    return Student(
        arch="a", score=score, stderr=stderr, seeds=2, first=score, params=1, macs=1, depth=1, memory=1,
        components={}, raw={},
    )  # fmt: skip


def test_the_resolution_pools_the_spread_over_the_seeds() -> None:
    # Errors 0.3 and 0.4: mean square 0.125, so 1.96 sqrt(2 * 0.125) = 0.98.
    assert resolution([student(1.0, 0.3), student(2.0, 0.4)]) == pytest.approx(0.98)
    assert resolution([student(1.0, 0.0)]) == 0.0
    assert resolution([student(1.0, None)]) is None
