"""Locks between processes."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from diswot.storage.lock import hold

HOLDER = """
import sys, time
from pathlib import Path
from diswot.storage.lock import hold
with hold(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(3600)
"""


def test_a_lock_is_held_once_and_then_free_again(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with hold(path) as first, hold(path) as second:
        assert (first, second) == (True, False)
    with hold(path) as third:
        assert third
    assert list(tmp_path.iterdir()) == []


def test_a_lock_ends_with_the_process_that_holds_it_even_if_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with hold(path) as held:
            assert not held
        other.kill()
        other.wait()
        with hold(path) as held:
            assert held


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_the_file_system_has_no_locks_nobody_is_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "no locks")

    monkeypatch.setattr("diswot.storage.lock.FileLock.acquire", refuse)
    with hold(tmp_path / ".lock") as held:
        assert held


def test_a_folder_that_takes_no_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"exists|Not a directory"), hold(tmp_path / "file" / ".lock"):
        pass
