"""Sizes of chunks and deadlines, by hand."""

from __future__ import annotations

import pytest

from diswot.executors.pace import CHUNK_MOST, Pace


def test_the_first_ones_go_alone() -> None:
    assert Pace(120.0).chunk(1000, 2) == 1


@pytest.mark.parametrize(
    ("seconds", "waiting", "workers", "size"),
    [
        (0.05, 1000, 2, 5),  # a quarter of a second
        (0.05, 20, 2, 5),
        (0.05, 12, 2, 3),  # half of a worker's share of the rest
        (0.05, 3, 2, 1),
        (0.3, 1000, 2, 1),
        (1e-6, 1000, 2, CHUNK_MOST),
        (0.0, 1000, 2, CHUNK_MOST),
        (1e-6, 1000, 100, 5),
    ],
)
def test_a_chunk_is_a_quarter_of_a_second_and_no_more_than_its_share(
    seconds: float, waiting: int, workers: int, size: int
) -> None:
    pace = Pace(120.0)
    pace.add([seconds] * 3)
    assert pace.chunk(waiting, workers) == size


def test_the_newest_measurements_count_most() -> None:
    pace = Pace(120.0)
    pace.add([0.01] * 100)
    pace.add([0.125] * 100)
    assert pace.chunk(1000, 2) == 2


def test_patience_is_the_deadline_or_ten_times_the_slowest_for_each() -> None:
    pace = Pace(120.0)
    assert pace.patience(3) == 120.0
    pace.add([1.0, 30.0, 2.0])
    assert (pace.patience(1), pace.patience(2)) == (300.0, 600.0)
