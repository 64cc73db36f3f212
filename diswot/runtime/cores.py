"""The cores of this machine that this process may use: its affinity, and the quota of its container.

Source: "Control Group v2", section "CPU Interface Files", and "CFS Bandwidth Control", both in the documentation of the
Linux kernel.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from diswot.runtime.groups import control_groups

OVERRIDE = "PYTHON_CPU_COUNT"
"""Variable in which a user names the number of cores; Python reads it since 3.13."""


def cores() -> list[int]:
    """Numbers of the cores that this process may be scheduled on."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def core_count(root: Path = Path("/")) -> int:
    """How many cores this process may keep busy, as `os.process_cpu_count` says, and no more than its quota.

    Args:
        root: of the file system, where `proc` and `sys` are looked for.
    """
    override = os.environ.get(OVERRIDE, "")
    if override.isdecimal() and int(override) > 0:
        return int(override)
    return max(1, math.ceil(min(len(cores()), cpu_quota(root))))


def cpu_quota(root: Path = Path("/")) -> float:
    """The number of cores whose time the control groups of this process grant it, infinite where none is set."""
    return min((_quota(folder) for folder in control_groups("cpu", root)), default=math.inf)


def _quota(group: Path) -> float:
    for names in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((group / name).read_text(encoding="utf-8") for name in names).split()
        except (OSError, ValueError):
            continue
        if quota not in ("max", "-1"):
            return int(quota) / int(period)
    return math.inf
