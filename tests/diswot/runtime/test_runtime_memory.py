"""Freed memory that stays."""

import ctypes
import resource
import subprocess
import sys

import pytest

from diswot.runtime.memory import KEPT_BYTES, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, MAPPED_FROM

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
