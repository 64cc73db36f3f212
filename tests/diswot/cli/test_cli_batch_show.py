"""What a batch tells people while it runs and before; the clock is wound by hand."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress as Bar

from diswot.batch.estimate import SearchEstimate
from diswot.batch.run import Outcome
from diswot.cli.batch_progress import Display
from diswot.cli.batch_show import show_estimates
from diswot.estimate import Estimate
from diswot.quantities import say_duration
from diswot.search.state import Progress
from tests.diswot.batch.made import jobs


def test_the_time_left_is_that_of_searches_like_those_before() -> None:
    now, said = [0.0], StringIO()
    four = jobs(seeds=[0, 1, 2, 3])
    display = Display(Bar(console=Console(file=said, width=200)), 4, lambda: now[0])
    assert display.told() == "0 of 4 done"
    display.begin(four[0])
    now[0] = 12.0
    display.progress(four[0], Progress("reference", 5, 100))
    assert display.told() == "0 of 4 done"
    display.progress(four[0], Progress("exploring", 25, 100))
    assert display.told() == "0 of 4 done, about 3 min left"  # a quarter took 12 s: 36 s more, and three of 48 s
    now[0] = 40.0
    display.end(Outcome(four[0], "finished", 40.0))
    assert display.told() == "1 of 4 done, about 2 min left"
    display.begin(four[1])
    display.end(Outcome(four[1], "failed", 0.5, "no [memory]"))
    assert display.told() == "2 of 4 done, 1 failed, about 80 s left"  # a failure says nothing about the others
    display.begin(four[2])
    now[0] = 70.0
    assert display.told() == "2 of 4 done, 1 failed, about 50 s left"
    display.end(Outcome(four[2], "skipped", 0.1))
    display.end(Outcome(four[3], "finished", 30.0))
    assert display.told() == "all done, 1 failed"
    lines = [line for line in said.getvalue().splitlines() if line.startswith("[")]
    assert lines[1] == (f"[2/4] {four[1].name}: failed: no [memory]; 2 of 4 done, 1 failed, about 80 s left")
    assert lines[2].startswith(f"[3/4] {four[2].name}: was done before; 3 of 4 done")


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (99.4, "99 s"), (100, "2 min"), (5960, "99 min"), (12000, "3 h 20 min")]
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert say_duration(seconds) == said


def test_estimates_are_a_table_and_a_sum(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = jobs(seeds=[0, 1])
    show_estimates(
        [
            SearchEstimate(one, "done", Estimate(300, 0, 0.0)),
            SearchEstimate(other, "begun", Estimate(300, 1320, 130.0)),
        ],
        2,
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("  ")[0] == "teacher"
    assert lines[1].split() == ["resnet20", "cifar-resnet", "small", "0", "done", "300", "0", "0", "s"]
    assert lines[2].split() == ["resnet20", "cifar-resnet", "small", "1", "begun", "300", "1,320", "2", "min"]
    assert lines[3:] == ["2 searches, 1 of them done; up to 1,320 networks to evaluate, about 2 min on 2 workers."]
