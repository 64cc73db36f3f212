"""What is said while a search goes on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress as Bar

from diswot.progress import Estimate, SearchDisplay
from diswot.search.state import Progress


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_first_evaluation_gives_an_estimate_and_each_further_one_a_better(clock: Clock) -> None:
    left = Estimate(1, clock)
    clock.now = 30.0  # the teacher was observed meanwhile
    left.begin()
    clock.now = 40.0
    assert left(Progress("exploring", 1, 300)) == pytest.approx(10 * 299)
    clock.now = 46.0
    assert left(Progress("exploring", 2, 300)) == pytest.approx(8 * 298)


def test_workers_that_have_begun_together_count(clock: Clock) -> None:
    left = Estimate(9, clock)
    clock.now = 10.0
    assert left(Progress("exploring", 1, 101)) == pytest.approx(10 / 5 * 100)
    assert left(Progress("exploring", 101, 101)) == 0


def test_a_resumed_search_and_a_new_phase_count_from_their_own_beginning(clock: Clock) -> None:
    left = Estimate(1, clock)
    clock.now = 4.0
    assert left(Progress("exploring", 201, 300)) == pytest.approx(4 * 99)
    clock.now = 6.0
    assert left(Progress("finalists", 1, 20)) == pytest.approx(2 * 19)


def test_what_is_shown_follows_the_search(clock: Clock) -> None:
    with Bar(console=Console(file=io.StringIO())) as bar:
        display = SearchDisplay(bar, 1, clock)
        (task,) = bar.tasks
        shown = [task.description]
        for stage in ("observing", "starting", "evaluating"):
            display.prepare(stage)
            shown.append(task.description)
        clock.now = 2.0
        display.progress(Progress("exploring", 1, 300, "1-1-1", 1.25))
        shown.append(task.description)
    assert shown == [
        "reading the probe",
        "observing the teacher",
        "starting the workers",
        "evaluating the first networks",
        "searching, best score 1.250",
    ]
    assert task.fields["left"] == "about 10 min left"
