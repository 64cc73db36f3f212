"""How many cores are ours: affinity, quotas of containers, and what the user says."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from diswot.runtime.cores import OVERRIDE, core_count, cores, cpu_quota

DOCKER = "/docker/4f2a"


def tree(root: Path, files: Mapping[str, str]) -> Path:
    """A file system with these files."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    return root


@pytest.fixture(autouse=True)
def _a_host_of_64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OVERRIDE, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, math.inf),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, math.inf),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "150000 100000"}, 1.5),
        (
            {
                "proc/self/cgroup": "0::/a/b",
                "sys/fs/cgroup/a/cpu.max": "400000 100000",
                "sys/fs/cgroup/a/b/cpu.max": "300000 100000",
            },
            3,
        ),
        (
            {
                "proc/self/cgroup": f"12:memory:{DOCKER}\n4:cpu,cpuacct:{DOCKER}\n1:name=systemd:{DOCKER}",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            2,
        ),
        (
            {
                "proc/self/cgroup": f"4:cpu,cpuacct:{DOCKER}",
                f"sys/fs/cgroup/cpu{DOCKER}/cpu.cfs_quota_us": "-1",
                f"sys/fs/cgroup/cpu{DOCKER}/cpu.cfs_period_us": "100000",
            },
            math.inf,
        ),
    ],
)
def test_the_quota_of_a_container_is_read_from_either_kind_of_control_group(
    tmp_path: Path, files: Mapping[str, str], quota: float
) -> None:
    assert cpu_quota(tree(tmp_path, files)) == quota
    assert core_count(tree(tmp_path, files)) == (64 if quota == math.inf else math.ceil(quota))


def test_a_quota_below_one_core_leaves_one(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "20000 100000"}
    assert core_count(tree(tmp_path, files)) == 1


def test_affinity_below_the_quota_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 3})
    files = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "400000 100000"}
    assert core_count(tree(tmp_path, files)) == 2
    assert cores() == [3, 5]


@pytest.mark.parametrize(("said", "count"), [("3", 3), ("default", 64), ("", 64), ("0", 64)])
def test_a_user_may_say_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, count: int) -> None:
    monkeypatch.setenv(OVERRIDE, said)
    assert core_count(tmp_path) == count
