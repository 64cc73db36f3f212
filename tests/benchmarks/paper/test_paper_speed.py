"""The claim about speed: the arithmetic by hand, and one step of training that does train."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.paper.claims import Verdict
from benchmarks.paper.speed import SpeedCheck, speed_claim, step_seconds
from diswot.recommend import measurer_of
from diswot.search.spec import SearchSpec
from diswot.teachers.spec import TeacherSpec
from search_spaces import get_space

SEARCH = SearchSpec(TeacherSpec("resnet20", 10), evaluations=50, initialisations=1, seeds=1)


@pytest.mark.parametrize(
    ("training", "ratio", "verdict"),
    [
        ([400.0, 400.0], 200.0, "holds"),
        ([200.0, 200.0], 100.0, "does not hold"),
        ([40.0, 760.0], 200.0, "cannot be told"),
    ],
)
def test_the_ratio_and_its_interval_decide(training: list[float], ratio: float, verdict: Verdict) -> None:
    """Evaluations of two seconds; resamples of two architectures are 20, 200 or 380 times in the last case."""
    check = SpeedCheck(SEARCH, 2, 2, 12)
    claim = speed_claim(check, np.array([2.0, 2.0]), np.array(training), 25.0, "serial")
    assert claim.verdict == verdict
    assert claim.figures["ratio"] == ratio
    assert claim.figures["ratio_low"] <= ratio <= claim.figures["ratio_high"]
    assert claim.figures["training_cpu_seconds"] == np.mean(training)
    assert claim.figures["search"]["seconds_per_evaluation"] == 0.5
    assert claim.figures["published_random_search_over_our_search"] == 216_000 / 25
    assert claim.figures["published"]["ratio"] == 180


def test_a_step_of_training_takes_time_and_every_space_can_be_trained() -> None:
    measurer = measurer_of(SEARCH)
    assert step_seconds(measurer, get_space("nasbench201").smallest, 1) > 0
