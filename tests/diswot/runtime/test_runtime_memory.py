"""How much memory there is, and freed memory that stays."""

import ctypes
import resource
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from diswot.runtime.memory import (
    KEPT_BYTES,
    M_MMAP_THRESHOLD,
    M_TRIM_THRESHOLD,
    MAPPED_FROM,
    free_memory,
    total_memory,
)

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")

FAULTS = """
import resource, sys, torch
from diswot.runtime.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
torch.set_num_threads(1)
for _ in range(3):
    maps = [torch.zeros(2**20) for _ in range(4)]
    del maps
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    maps = [torch.zeros(2**20) for _ in range(4)]
    del maps
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not GLIBC, reason="only glibc has these limits")
def test_glibc_takes_both_limits() -> None:
    mallopt = ctypes.CDLL(None).mallopt
    assert mallopt(M_MMAP_THRESHOLD, MAPPED_FROM) == 1
    assert mallopt(M_TRIM_THRESHOLD, KEPT_BYTES) == 1


@pytest.mark.skipif(not GLIBC, reason="only glibc has these limits")
def test_maps_that_come_and_go_take_their_pages_from_the_kernel_once() -> None:
    pages = 20 * 4 * 2**22 // resource.getpagesize()
    done = subprocess.run([sys.executable, "-c", FAULTS, "keep"], capture_output=True, text=True, check=True)
    assert int(done.stdout) < pages / 20


def tree(root: Path, files: dict[str, str]) -> Path:
    """A file system with these files."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{content}\n")
    return root


CONTAINER = {
    "proc/self/cgroup": "0::/a",
    "sys/fs/cgroup/a/memory.max": "5000",
    "sys/fs/cgroup/a/memory.current": "4000",
    "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 1500",
    "sys/fs/cgroup/memory.max": "max",
}
OLD_CONTAINER = {
    "proc/self/cgroup": "9:memory:/docker/4f\n4:cpu,cpuacct:/docker/4f",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "6000",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "4000",
    "sys/fs/cgroup/memory/memory.stat": "inactive_file 0",
}


@pytest.mark.parametrize(
    ("files", "total", "free"), [(CONTAINER, 5000, 2500), (OLD_CONTAINER, 6000, 2000)], ids=["2", "1"]
)
def test_a_container_has_what_it_is_granted(tmp_path: Path, files: dict[str, str], total: int, free: int) -> None:
    """Files that are kept in memory are let go when it is needed."""
    root = tree(tmp_path, files)
    assert (total_memory(root), free_memory(root)) == (total, free)


def test_without_a_container_there_is_what_the_machine_has(tmp_path: Path) -> None:
    assert total_memory(tmp_path) == psutil.virtual_memory().total
    assert 0 < free_memory(tmp_path) <= total_memory(tmp_path)
    limitless = tree(tmp_path, {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "max"})
    assert total_memory(limitless) == psutil.virtual_memory().total
