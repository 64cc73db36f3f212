"""Checkpoints, whatever their content."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from diswot.errors import UnreadableData
from diswot.storage.checkpoint import CheckpointWriter, read_content


def test_what_is_written_is_read_again_and_only_by_its_version(tmp_path: Path) -> None:
    path, content = tmp_path / "checkpoint.json", {"epoch": 3, "rng": 2**127 + 1, "loss": 0.1 + 0.2, "name": "é"}
    CheckpointWriter(path, lambda: content, 2).write()
    assert read_content(path, 2) == content
    with pytest.raises(UnreadableData, match=r"^'.*' has version 2; this diswot continues version 3$"):
        read_content(path, 3)


def test_checkpoints_take_a_small_share_of_the_time(tmp_path: Path) -> None:
    now, written = [0.0], []

    def clock() -> float:
        now[0] += 0.5
        return now[0]

    def content() -> dict[str, object]:
        written.append(now[0])
        return {}

    writer = CheckpointWriter(tmp_path / "checkpoint.json", content, 1, clock)
    for _ in range(200):
        assert writer()
    assert len(written) > 2
    # A write takes half a second by this clock, so there are ten from one to the next.
    assert min(b - a for a, b in pairwise(written)) >= 10
