"""Short forms of what `make reliability` does at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.reliability.storm import storm
from tests.service.reliability.writes import every_write


@pytest.mark.slow
def test_posts_that_are_repeated_while_the_api_dies_start_one_job_each(tmp_path: Path) -> None:
    found = storm(tmp_path, posts=40, kills=1)
    assert found == {"posts": 40, "kills": 1, "jobs": 40, "answered": 40}


@pytest.mark.slow
def test_a_crash_at_any_write_of_a_job_changes_nothing(tmp_path: Path) -> None:
    found = every_write(tmp_path, step=12)
    assert found["writes"] > 8
    assert found["wrong"] == 0
