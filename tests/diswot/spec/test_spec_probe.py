"""How probes are written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from diswot.data import READERS
from diswot.errors import InputError, UnknownName
from diswot.probes import GENERATORS
from diswot.spec.probe import PROBES, ProbeSpec

VALID = "valid: dead-leaves, noise, folder:PATH, idx:PATH, cifar:PATH"


def test_every_kind_of_probe_has_a_generator_or_a_reader() -> None:
    assert [*GENERATORS, *READERS] == [form.partition(":")[0] for form in PROBES]


@pytest.mark.parametrize("source", ["pictures", "noise:here", "folder", "folder:", "", ":x"])
def test_an_unknown_form_lists_the_valid_ones(source: str) -> None:
    with pytest.raises(UnknownName, match=re.escape(f"unknown probe {source!r}; {VALID}")):
        ProbeSpec(source)


@pytest.mark.parametrize("size", [1, 0, -3])
def test_a_probe_has_at_least_two_images(size: int) -> None:
    with pytest.raises(InputError, match=f"^probe_size must be at least 2, not {size}$"):
        ProbeSpec("noise", size)


def test_an_unknown_dtype_lists_the_valid_ones() -> None:
    with pytest.raises(UnknownName, match=r"^unknown dtype 'float16'; valid: float32, bfloat16$"):
        ProbeSpec(dtype="float16")


def test_a_path_may_hold_colons_and_start_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ProbeSpec("folder:~/a:b").path == tmp_path / "a:b"
    assert ProbeSpec("folder:~/a:b").kind == "folder"
    assert ProbeSpec("noise").path is None


def test_the_home_of_nobody_is_refused() -> None:
    with pytest.raises(InputError, match=r"^probe 'folder:~no-such-user/x' starts in no user's home"):
        ProbeSpec("folder:~no-such-user/x")


def test_naming_a_probe_needs_no_torch() -> None:
    code = "import sys, diswot.probes, diswot.spec.probe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
