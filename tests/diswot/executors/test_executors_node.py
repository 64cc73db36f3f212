"""A Ray cluster that loses a node while a batch is measured."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.diswot.executors.lost_node import ARCHS
from tests.diswot.executors.processes import MARK, wait_until_gone
from tests.diswot.executors.workload import Workload


@pytest.mark.slow
def test_a_lost_node_costs_time_and_no_evaluation(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    settings = {
        MARK: mark,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.diswot.executors.lost_node", str(report)]
    subprocess.run(command, env=kept | settings, capture_output=True, timeout=200, check=True)
    names = [Workload.space.encode(task.arch) for task in ARCHS]
    assert json.loads(report.read_text()) == {"workers": 2, "archs": names, "errors": []}
    assert wait_until_gone(mark) == []


@pytest.mark.slow
def test_a_cluster_without_tokens_is_told_of_and_taken_where_that_is_accepted(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    settings = {
        MARK: mark,
        "HOME": str(tmp_path),
        "RAY_AUTH_MODE": "disabled",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    report = tmp_path / "report.txt"
    command = [sys.executable, "-m", "tests.diswot.executors.open_node", str(report)]
    subprocess.run(command, env=kept | settings, capture_output=True, timeout=200, check=True)
    assert report.read_text(encoding="utf-8").splitlines() == [
        "no token for the Ray cluster at 'ADDRESS': put it into RAY_AUTH_TOKEN, or set RAY_AUTH_MODE=disabled "
        "for a cluster without tokens, which runs any code that reaches its ports",
        "the Ray cluster at 'ADDRESS' asks for no token and runs any code that reaches its ports: start it with "
        "RAY_AUTH_MODE=token, or set RAY_AUTH_MODE=disabled to use it all the same",
        "harmless always",
    ]
    assert wait_until_gone(mark) == []
